"""Invented rows of the marts behind the scorecards: five referrers of two teams, two months, two staff.

Belongs here: the rows. Does not belong here: any expectation.
"""

from tests.support.publishing_warehouse import ROWS, Row

OPEN, CLOSED, OLD = "2026-03-01", "2026-02-01", "2026-01-01"
OWN_PATIENT, OTHERS_PATIENT = "Quillfeather", "Tombolini"


def _month(pcp: str, month: str, team: str = "t1", **given: object) -> Row:
    row: Row = {
        "pcp_id": pcp, "team_id": team, "period_type": "month", "period_start_on": month,
        "panel_patients": 400, "patients_seen": 120, "likely_eligible_seen": 40, "referrals": 12,
        "warm_handoffs": 5, "referral_rate": 0.25, "referral_rate_low": 0.142, "referral_rate_high": 0.402,
        "conversion_rate": 0.75, "median_days_to_contact": 4.5, "penetration": 0.12,
        "eligible_not_referred": 30, "organization_rate": 0.3, "signal": "within",
    }  # fmt: skip
    return row | given


def _listed(pcp: str | None, patient: str, day: str, happened: str | None, triggers: str) -> Row:
    return {
        "clinic_date": day, "pcp_id": pcp, "patient_id": patient, "appointment_at": f"{day} 14:00:00",
        "priority": 2, "triggers": triggers, "what_happened": happened,
    }  # fmt: skip


def _value(metric: str, kind: str, entity: str, month: str, value: float, **given: object) -> Row:
    row: Row = {
        "metric_id": metric, "metric_version": "1", "entity_type": kind, "entity_id": entity,
        "period_type": "month", "period_start_on": month, "numerator": value, "denominator": 1.0,
        "value": value,
    }  # fmt: skip
    return row | given


LISTED: dict[str, list[Row]] = ROWS | {
    "dim_practitioner": [
        *ROWS["dim_practitioner"],
        {"practitioner_id": "d2", "family_name": "<b>Brisk</b>", "given_name": "Wes"},
        {"practitioner_id": "b1", "family_name": "Stillwater", "given_name": "Jo"},
    ],
    "rpt_referrer_scorecard": [
        _month("d1", OPEN, likely_eligible_seen=None, referral_rate=None, signal="too_few", referrals=0,
               eligible_not_referred=None, conversion_rate=None, median_days_to_contact=None,
               referral_rate_low=None, referral_rate_high=None, organization_rate=None),
        _month("d1", CLOSED),
        _month("d1", OLD, referral_rate=0.2, referrals=10, median_days_to_contact=6.0),
        _month("d2", CLOSED, likely_eligible_seen=60, referral_rate=0.6, signal="above_3sd", referrals=36),
        _month("../d3", CLOSED, "t2", likely_eligible_seen=5, referral_rate=0.0, signal="too_few",
               referrals=1),
        _month("d1", "2026-01-01") | {"period_type": "trailing_3_months", "referrals": 99},
        _month("d1", "2024-01-01", referrals=77),
    ],
    "rpt_likely_eligible": [
        _listed("d1", "p1", "2026-02-10", "seen", "PHQ-9 of 10 or more: 14 on 2026-02-01"),
        _listed("d1", "p1", "2026-02-03", "not_seen", "No screen in 365 days"),
        _listed("d1", "p2", "2026-02-10", "seen", "No screen in 365 days"),
        _listed("d1", "p2", "2026-02-12", "referred", "No screen in 365 days"),
        _listed("d2", "p3", "2026-02-10", "seen", "GAD-7 of 10 or more: 12 on 2026-02-01"),
        _listed(None, "p3", "2026-02-11", "seen", "GAD-7 of 10 or more: 12 on 2026-02-01"),
    ],
    "fct_metric_value": [
        _value("pcbh_penetration", "team", "t1", CLOSED, 0.12, target_low=0.1, target_high=0.2),
        _value("pcbh_penetration", "team", "t1", OLD, 0.1),
        _value("pcbh_unique_patients_per_day", "practitioner", "b1", CLOSED, 7.5, target_low=8.0,
               target_high=12.0),
    ],
    "fct_metric_member": [
        {
            "metric_id": "pcbh_warm_handoff_share", "entity_type": "practitioner", "entity_id": "b1",
            "period_type": "month", "period_start_on": CLOSED, "patient_id": "p1",
        },
    ],
    "rpt_capacity": [
        {
            "practitioner_id": "b1", "role": "bhc", "month": CLOSED, "fte": 0.8, "guideline_low": 8.0,
            "guideline_high": 12.0, "actual": 7.5, "status": "below",
        },
        {
            "practitioner_id": "c1", "role": "care_manager", "month": OPEN, "fte": 1.0, "guideline_low": 50.0,
            "guideline_high": 80.0, "actual": 1.0, "status": "below",
        },
        {
            "practitioner_id": "c2", "role": "care_manager", "month": OPEN, "fte": 0.04, "guideline_low": 2.0,
            "guideline_high": 3.2, "actual": 2.0, "status": "within",
        },
    ],
    "rpt_caseload_registry": [
        {
            "episode_id": "e1", "patient_id": "p1", "care_manager_id": "c1", "team_id": "t1",
            "days_overdue": 3, "flags": "no_score_30_days",
        },
    ],
}  # fmt: skip
