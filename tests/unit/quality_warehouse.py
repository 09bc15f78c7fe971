"""A small warehouse that keeps every expectation, for the tests of the gates.

Belongs here: invented rows that agree with each other, in tables of the contract's types.
Does not belong here: faults.

One patient (p1) reaches a base and an add-on code, shows an exclusive pair and an open month; p2 is held; p4
has no time.
"""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publishing.contract import SQL_TYPES, load_marts
from orchestration.quality.suites import BUILT_MARTS, SEEDS

AS_OF = date(2026, 4, 15)
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
POLICY = "medicare-2026-01"
CHECKS_OF_BHI = {"validated_scale": "block", "timely_documentation": "review"}
Rows = list[dict[str, Any]]


def make_warehouse(database: Path) -> Path:
    """Write the warehouse and return its path."""
    with duckdb.connect(str(database)) as connection:
        for mart in BUILT_MARTS:
            columns = load_marts().marts[mart].columns
            typed = ", ".join(f"{name} {SQL_TYPES[kind]}" for name, kind in columns.items())
            connection.execute(f"create table {mart} ({typed})")
        for seed in ("payer_policy", "claim_check"):
            connection.execute(f"create table {seed} as select * from read_csv('{SEEDS / seed}.csv')")
        checks = [
            row[0] for row in connection.execute("select check_id from claim_check order by 1").fetchall()
        ]
        connection.execute(
            "create table int_entry (knowledge_id varchar, entry_id varchar, worked_seconds bigint)"
        )
        for table, rows in _rows(checks).items():
            for row in rows:
                names, marks = ", ".join(row), ", ".join("?" * len(row))
                connection.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))
    return database


def _rows(checks: list[str]) -> dict[str, Rows]:
    segments = _segments()
    candidates = _candidates()
    credited = [segment for segment in segments if segment["disposition"] == "credited"]
    return {
        "int_entry": _entries(segments),
        "fct_minute_segment": segments,
        "fct_patient_month": _months(),
        "fct_claim_candidate": candidates,
        "fct_claim_check": [_check(candidate, check) for candidate in candidates for check in checks],
        "fct_claim_evidence": [
            {
                "candidate_id": candidate["candidate_id"],
                "entry_id": segment["entry_id"],
                "segment_number": segment["segment_number"],
                "seconds": segment["seconds"],
            }
            for candidate in candidates
            for segment in credited
            if all(candidate[key] == segment[key] for key in ("patient_id", "program", "service_month"))
        ],
        **_reports(),
        **_people(),
        **_metrics(),
    }


def _segment(entry: str, number: int, who: str, start: str, seconds: int, **more: Any) -> dict[str, Any]:
    patient, staff, program = who.split()
    started_at = datetime.fromisoformat(start)
    row = {
        "entry_id": entry,
        "segment_number": number,
        "patient_id": patient,
        "episode_id": f"{patient}-{program}",
        "program": program,
        "staff_id": staff,
        "started_at": started_at,
        "ended_at": started_at + timedelta(seconds=seconds),
        "service_on": started_at.date(),
        "service_month": started_at.date().replace(day=1),
        "seconds": seconds,
        "disposition": "credited",
        "rule_version": POLICY,
    }
    return row | more


def _segments() -> Rows:
    lost = {"disposition": "patient_overlap", "lost_to_entry_id": "e1"}
    nobody = {"disposition": "unknown_staff", "program": None, "episode_id": None, "rule_version": None}
    return [
        _segment("e1", 1, "p1 s1 cocm", "2026-03-02T10:00:00", 2700),
        _segment("e2", 1, "p1 s1 cocm", "2026-03-02T11:00:00", 3000),
        _segment("e3", 1, "p1 s2 cocm", "2026-03-02T10:30:00", 900, **lost),
        _segment("e3", 2, "p1 s2 cocm", "2026-03-02T10:45:00", 300),
        _segment("e4", 1, "p2 s1 bhi", "2026-03-03T12:00:00", 1200),
        _segment("e5", 1, "p3 s9 cocm", "2026-03-04T09:00:00", 600, **nobody),
        _segment("e6", 1, "p1 s1 bhi", "2026-03-05T13:00:00", 1200),
        _segment("e7", 1, "p1 s1 cocm", "2026-04-02T10:00:00", 600),
    ]


def _entries(segments: Rows) -> Rows:
    worked: dict[str, int] = {}
    for segment in segments:
        worked[segment["entry_id"]] = worked.get(segment["entry_id"], 0) + segment["seconds"]
    now = [{"knowledge_id": "current", "entry_id": entry, "worked_seconds": n} for entry, n in worked.items()]
    return [*now, {"knowledge_id": "2026-02", "entry_id": "e1", "worked_seconds": 1}]


def _month(who: str, month: date, credited: int, uncredited: int = 0, **more: Any) -> dict[str, Any]:
    patient, program = who.split()
    row = {
        "patient_id": patient,
        "program": program,
        "service_month": month,
        "month_type": "initial" if credited else None,
        "credited_seconds": credited,
        "credited_minutes": credited // 60,
        "uncredited_seconds": uncredited,
        "is_month_over": True,
        "days_left": 0,
    }
    return row | more


def _months() -> Rows:
    still_open: dict[str, Any] = {
        "month_type": "subsequent",
        "is_month_over": False,
        "days_left": 15,
        "minutes_to_next_tier": 20,
    }
    return [
        _month("p1 cocm", MARCH, 6000, 900),
        _month("p1 bhi", MARCH, 1200),
        _month("p2 bhi", MARCH, 1200),
        _month("p4 cocm", MARCH, 0),
        _month("p1 cocm", APRIL, 600, **still_open),
    ]


def _candidate(
    name: str, who: str, code: str | None, status: str, minutes: int, **more: Any
) -> dict[str, Any]:
    patient, program = who.split()
    row = {
        "candidate_id": name,
        "patient_id": patient,
        "program": program,
        "service_month": MARCH,
        "procedure_code": code,
        "units": 1 if code else 0,
        "status": status,
        "month_type": "initial" if minutes else None,
        "credited_minutes": minutes,
        "date_of_service": date(2026, 3, 31),
        "payer_id": "medicare",
        "policy_version": POLICY,
        "expected_amount_usd": 100 if code else None,
    }
    return row | more


def _candidates() -> Rows:
    failed = {"blocking_check_ids": "validated_scale", "review_check_ids": "timely_documentation"}
    april = {"service_month": APRIL, "date_of_service": date(2026, 4, 30), "month_type": "subsequent"}
    return [
        _candidate("c1", "p1 cocm", "99492", "ready", 100),
        _candidate("c2", "p1 cocm", "99494", "ready", 100),
        _candidate(
            "c3", "p2 bhi", "99484", "held", 20, payer_id="acme", policy_version="default-1", **failed
        ),
        _candidate("c4", "p1 bhi", "99484", "not_billable", 20, suppressed_by="c1"),
        _candidate("c5", "p4 cocm", None, "not_billable", 0),
        _candidate("c6", "p1 cocm", None, "not_billable", 10, **april),
    ]


def _check(candidate: dict[str, Any], check: str) -> dict[str, Any]:
    severity = CHECKS_OF_BHI.get(check, "block") if candidate["candidate_id"] == "c3" else "block"
    is_failed = candidate["candidate_id"] == "c3" and check in CHECKS_OF_BHI
    return {
        "candidate_id": candidate["candidate_id"],
        "check_id": check,
        "severity": severity,
        "outcome": "fail" if is_failed else "pass",
    }


def _reports() -> dict[str, Rows]:
    march = {"service_month": MARCH, "candidate_codes": "99484", "expected_amount_usd": 100}
    return {
        "rpt_near_miss": [
            {
                "patient_id": "p1",
                "program": "cocm",
                "service_month": APRIL,
                "credited_minutes": 10,
                "minutes_needed": 20,
                "days_left": 15,
            }
        ],
        "rpt_claim_reconciliation": [
            march
            | {
                "patient_id": "p1",
                "program": "cocm",
                "candidate_codes": "99492;99494",
                "expected_amount_usd": 200,
                "outcome": "missed",
            },
            march | {"patient_id": "p2", "program": "bhi", "outcome": "not_ready"},
        ],
        "rpt_restatement": [
            {
                "candidate_id": "c1",
                "closed_on": date(2026, 4, 5),
                "changed_on": date(2026, 4, 10),
                "before_code": "99493",
                "before_units": 1,
                "after_code": "99492",
                "after_units": 1,
            }
        ],
    }


def _people() -> dict[str, Rows]:
    enrolled = [("p1", "cocm"), ("p1", "bhi"), ("p2", "bhi"), ("p4", "cocm")]
    episodes: Rows = [
        {"episode_id": f"{patient}-{program}", "patient_id": patient, "program": program}
        for patient, program in enrolled
    ]
    ended: Rows = [{"episode_id": "p2-old", "patient_id": "p2", "program": "bhi", "is_in_force": False}]
    return {
        "dim_patient": [{"patient_id": patient, "family_name": "Invented"} for patient in ("p1", "p2", "p4")],
        "dim_practitioner": [{"practitioner_id": staff, "is_npi_valid": True} for staff in ("s1", "s2")],
        "dim_team": [{"team_id": "t1", "time_zone": "America/New_York"}],
        "fct_assessment": [{"assessment_id": "a1", "patient_id": "p1", "instrument": "PHQ-9", "score": 0}],
        "fct_episode": [*(episode | {"is_in_force": True} for episode in episodes), *ended],
        "rpt_caseload_registry": episodes,
        "rpt_case_review_queue": [{"episode_id": "p1-cocm", "queue_rank": 1}],
        "rpt_communication_loop": [{"review_id": "r1", "patient_id": "p1", "state": "told"}],
        "rpt_referrer_scorecard": [
            {"pcp_id": "s9", "team_id": "t1", "period_type": "month", "period_start_on": MARCH}
        ],
        "rpt_likely_eligible": [{"clinic_date": AS_OF, "patient_id": "p4", "priority": 1}],
        "dq_quarantine": [
            {
                "delivery_on": AS_OF,
                "feed": "care_activity",
                "source_file": "care_activity/2026-04-15/entries.csv",
                "row_number": 7,
                "reason": "open_interval",
                "first_seen_on": AS_OF,
                "resolved_on": AS_OF,
            }
        ],
        "dq_feed_delivery": [
            {
                "feed": "care_activity",
                "delivery_on": AS_OF,
                "files": 1,
                "rows_read": 1000,
                "expected_rows_low": 500,
                "expected_rows_high": 2000,
            }
        ],
    }


def _metrics() -> dict[str, Rows]:
    month = {"entity_id": "t1", "period_type": "month", "period_start_on": MARCH}
    metric = {"metric_id": "cocm_response", "entity_type": "team", **month}
    team = {"entity_type": "team", "entity_id": "t1"}
    kinds = ("organization", "site", "team", "practitioner", "payer")
    return {
        "fct_metric_value": [metric | {"target_status": "none"}],
        "fct_metric_member": [metric | {"patient_id": "p1"}],
        **{f"rpt_metric_{kind}": [month] for kind in kinds},
        "rpt_finance_basis": [team],
        "rpt_finance_bridge": [{"target_id": "f1", "month": MARCH}],
        "rpt_capacity": [{"practitioner_id": "s1", "role": "care_manager", "month": MARCH}],
        "rpt_value_domain": [{"domain": "access", "measure": "m", "month": MARCH}],
        "rpt_state_report": [team | {"state": "NY", "metric_number": 1, "month": MARCH}],
        "rpt_slot_study": [{"practitioner_id": "s9", "week_start_on": MARCH}],
    }
