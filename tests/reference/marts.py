"""Everything together: feeds in, rows of the marts out.

What belongs here: the columns as the marts name them. What does not: any rule.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.reference.candidates import Claim, write_claims
from tests.reference.cells import utc_datetime
from tests.reference.clinic import Clinic, Feeds
from tests.reference.codes import Code, place_of_service
from tests.reference.intervals import read_entries
from tests.reference.ledger import Segment, write_ledger
from tests.reference.moments import Moments
from tests.reference.months import Month, read_months
from tests.reference.restatement import restate
from tests.reference.rules import Rules

MartRow = dict[str, Any]


def compute_restatement(
    feeds: Feeds, contract: Mapping[str, Any], rules: Rules, *, as_of: date, default_zone: str = "UTC"
) -> list[MartRow]:
    """What changed in closed months; each closing day is computed anew from what had come by then."""

    def claims_as_of(day: date) -> list[Claim]:
        clinic = Clinic(feeds, contract, rules, day, default_zone)
        entries = read_entries(clinic)
        months = read_months(clinic, write_ledger(clinic, entries))
        return write_claims(clinic, Moments(clinic, entries), months)

    return restate(claims_as_of(as_of), as_of, claims_as_of)


def compute(
    feeds: Feeds, contract: Mapping[str, Any], rules: Rules, *, as_of: date, default_zone: str = "UTC"
) -> dict[str, list[MartRow]]:
    """The ledger, the months, the candidates, their checks and evidence, and the rejected rows.

    Candidates have no ``candidate_id`` here: patient, program, month and code name them, and
    ``suppressed_by`` is the program of the kept one.
    """
    clinic = Clinic(feeds, contract, rules, as_of, default_zone)
    entries = read_entries(clinic)
    segments = write_ledger(clinic, entries)
    months = read_months(clinic, segments)
    claims = write_claims(clinic, Moments(clinic, entries), months)
    return {
        "fct_minute_segment": [_segment_row(segment) for segment in segments],
        "fct_patient_month": [_month_row(clinic, claim) for claim in claims],
        "fct_claim_candidate": [_candidate_row(clinic, claim, code) for claim, code in _coded(claims)],
        "fct_claim_check": [
            {
                **_name(claim.month, code),
                "check_id": check_id,
                "severity": claim.severity(check_id),
                "outcome": outcome,
            }
            for claim, code in _coded(claims)
            for check_id, outcome in claim.outcomes.items()
        ],
        "fct_claim_evidence": [
            {
                **_name(claim.month, code),
                "entry_id": segment.entry.entry_id,
                "segment_number": segment.number,
                "seconds": segment.seconds,
            }
            for claim, code in _coded(claims)
            for segment in claim.month.credited
        ],
        "rpt_near_miss": [row for claim in claims for row in _near_miss_rows(clinic, claim)],
        "dq_quarantine": [
            {"feed": one.feed, "source_file": one.file, "row_number": one.row, "reason": one.reason}
            for one in clinic.rejections
        ],
    }


def _coded(claims: list[Claim]) -> list[tuple[Claim, Code | None]]:
    """Each claim with each of its codes, or with none."""
    pairs: list[tuple[Claim, Code | None]] = []
    for claim in claims:
        pairs += [(claim, code) for code in claim.codes] or [(claim, None)]
    return pairs


def _segment_row(segment: Segment) -> MartRow:
    entry, episode = segment.entry, segment.episode
    return {
        "entry_id": entry.entry_id,
        "segment_number": segment.number,
        "patient_id": entry.patient_id,
        "episode_id": episode["episode_id"] if episode else None,
        "program": episode["program"] if episode else None,
        "staff_id": entry.staff_id,
        "staff_role": segment.staff_role,
        "activity_code": entry.activity_code,
        "started_at": utc_datetime(segment.start),
        "ended_at": utc_datetime(segment.end),
        "service_on": segment.day,
        "service_month": segment.month,
        "seconds": segment.seconds,
        "disposition": segment.disposition,
        "payer_id": segment.payer_id,
        "rule_version": segment.policy.version if segment.policy else None,
        "lost_to_entry_id": segment.lost_to_entry_id,
    }


def _month_row(clinic: Clinic, claim: Claim) -> MartRow:
    month = claim.month
    step = claim.ladder.next_step(month.credited_minutes)
    now, then = claim.total, claim.ladder.total(step[1]) if step else None
    contacts = {
        segment.entry.entry_id
        for segment in month.credited
        if clinic.rules.activity_flag(segment.entry.activity_code, "is_contact", segment.day)
    }
    return {
        "patient_id": month.patient_id,
        "program": month.program,
        "service_month": month.month,
        "month_type": month.month_type,
        "credited_seconds": month.credited_seconds,
        "credited_minutes": month.credited_minutes,
        "uncredited_seconds": sum(one.seconds for one in month.segments) - month.credited_seconds,
        "contacts": len(contacts),
        "payer_id": month.payer_id,
        "care_manager_id": month.episode["care_manager_id"],
        "billing_practitioner_id": month.episode["billing_practitioner_id"],
        "team_id": month.episode["team_id"],
        "is_month_over": clinic.as_of >= month.last_day,
        "days_left": max(0, (month.last_day - clinic.as_of).days),
        "minutes_to_next_tier": step[0] if step else None,
        "next_tier_amount_usd": then - now if then is not None and now is not None else None,
    }


def _near_miss_rows(clinic: Clinic, claim: Claim) -> list[MartRow]:
    """An open month that is short of its next tier."""
    month, row = claim.month, _month_row(clinic, claim)
    step = claim.ladder.next_step(month.credited_minutes)
    if step is None or row["is_month_over"]:
        return []
    units = {code.procedure_code: code.units for code in claim.codes}
    return [
        {
            "patient_id": month.patient_id,
            "program": month.program,
            "service_month": month.month,
            "care_manager_id": row["care_manager_id"],
            "credited_minutes": month.credited_minutes,
            "next_procedure_code": next(
                code.procedure_code for code in step[1] if units.get(code.procedure_code) != code.units
            ),
            "minutes_needed": step[0],
            "amount_at_stake_usd": row["next_tier_amount_usd"],
            "days_left": row["days_left"],
            "failing_check_ids": ";".join(claim.failed("block") + claim.failed("review")) or None,
        }
    ]


def _name(month: Month, code: Code | None) -> MartRow:
    return {
        "patient_id": month.patient_id,
        "program": month.program,
        "service_month": month.month,
        "procedure_code": code.procedure_code if code else None,
    }


def _candidate_row(clinic: Clinic, claim: Claim, code: Code | None) -> MartRow:
    month = claim.month
    who = month.episode["billing_practitioner_id"]
    return {
        **_name(month, code),
        "units": code.units if code else None,
        "status": claim.status,
        "month_type": month.month_type,
        "credited_minutes": month.credited_minutes,
        "unbilled_minutes": claim.ladder.unbilled_minutes(month.credited_minutes),
        "date_of_service": month.date_of_service,
        "payer_id": month.payer_id,
        "policy_version": month.policy.version if month.policy else None,
        "billing_practitioner_id": who,
        "billing_npi": clinic.practitioners.get(who, {}).get("npi") if who else None,
        "team_id": month.episode["team_id"],
        "place_of_service": place_of_service(clinic, month),
        "expected_amount_usd": claim.ladder.amount(code) if code else None,
        "blocking_check_ids": ";".join(claim.failed("block")) or None,
        "review_check_ids": ";".join(claim.failed("review")) or None,
        "suppressed_by": claim.suppressed_by[1] if claim.suppressed_by else None,
    }
