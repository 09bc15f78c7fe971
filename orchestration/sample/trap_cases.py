"""Cases: a patient under care with everything that a claim asks for, less what a trap leaves out.

Belongs here: enrolments, entries and what proves them, as rows.
Does not belong here: what goes wrong (`traps_*.py`).
"""

from datetime import date, datetime, timedelta
from typing import Any

from orchestration.sample.trap_kit import Case, Kit, Row

DIAGNOSIS = "F32.1"
FULL_MINUTES = 40
FULL_CODE = "99492"


def enrol(
    kit: Kit,
    *,
    team: int = 0,
    payer: str = "medicare",
    program: str = "cocm",
    npi: str | None = None,
    diagnosis: str = DIAGNOSIS,
    has_consent: bool = True,
    has_visit: bool = True,
    has_scale: bool = True,
    has_review: bool = True,
    has_billing: bool = True,
    started_on: date | None = None,
    ended_on: str = "",
    died: str = "",
    patient_id: str = "",
    enrolled_in: date | None = None,
) -> Case:
    """Add a patient in a program, with staff of his or her own; without what is switched off.

    Args:
        kit: where to.
        team: the trap team, 0 in New York's zone, 1 in Chicago's.
        payer: the primary payer; none where it is empty.
        program: cocm or bhi.
        npi: the doctor's NPI; a right one where it is None.
        diagnosis: the ICD-10-CM code on the problem list.
        has_consent: whether consent was given, on the day before enrolment.
        has_visit: whether the doctor saw the patient, two days before it.
        has_scale: whether a PHQ-9 was taken on the third of the trap month.
        has_review: whether the consultant reviewed the case on the ninth of it.
        has_billing: whether the enrolment names the doctor who bills.
        started_on: the first day in the program; 14 days before the trap month where it is None.
        ended_on: the last day in the program; open where it is empty.
        died: the day of death.
        patient_id: an existing patient; a new one where it is empty.
        enrolled_in: the folder of the enrolment's rows; the day after its start where it is None.
    """
    start = started_on or kit.enrolled_on
    folder = enrolled_in or start + timedelta(days=1)
    case = Case(
        patient_id=patient_id or kit.patient(team, payer, died=died),
        program=program,
        team=team,
        care_manager=kit.staff("care_manager", team),
        pcp=kit.colleague("pcp", team) if npi is None else kit.staff("pcp", team, npi),
        consultant=kit.colleague("psychiatric_consultant", team),
        episode_id=f"EX{kit.number('episode'):06d}",
        started_on=start,
    )
    kit.add("episode", folder, episode_row(case) | {"ended_on": ended_on} | _billing(case, has_billing))
    if has_consent:
        consent(kit, case, kit.moment(team, start - timedelta(days=1), "09:30"), folder=folder)
    if has_visit:
        visit(kit, case, start - timedelta(days=2), folder)
    condition = {
        "condition_id": f"NX{kit.number('condition'):06d}",
        "patient_id": case.patient_id,
        "icd10_code": diagnosis,
        "category": "problem",
        "verification_status": "confirmed",
        "recorded_on": (start - timedelta(days=2)).isoformat(),
        "clinical_status": "active",
    }
    kit.add("condition", folder, condition)
    if has_scale:
        scale(kit, case, kit.day(3))
    if has_review and program == "cocm":
        review(kit, case, kit.day(9))
    return case


def _billing(case: Case, has_billing: bool) -> Row:
    return {"billing_practitioner_id": case.pcp if has_billing else ""}


def episode_row(case: Case) -> Row:
    """Return the enrolment as a row of the episode feed."""
    return {
        "episode_id": case.episode_id,
        "patient_id": case.patient_id,
        "program": case.program,
        "team_id": f"TX{case.team:03d}",
        "care_manager_id": case.care_manager,
        "billing_practitioner_id": case.pcp,
        "psychiatric_consultant_id": case.consultant if case.program == "cocm" else "",
        "started_on": case.started_on.isoformat(),
        "status": "active",
        "phase": "active_treatment",
        "primary_instrument": "PHQ-9",
    }


def consent(
    kit: Kit,
    case: Case,
    granted_at: str,
    *,
    revoked_at: str = "",
    status: str = "active",
    folder: date | None = None,
) -> None:
    """Add a consent to the case's program."""
    row = {
        "consent_id": f"OX{kit.number('consent'):06d}",
        "patient_id": case.patient_id,
        "program": case.program,
        "method": "verbal",
        "granted_at": granted_at,
        "revoked_at": revoked_at,
        "recorded_by": case.pcp,
        "billing_practitioner_id": case.pcp,
        "status": status,
    }
    kit.add("consent", folder or kit.prompt, row)


def visit(
    kit: Kit, case: Case, day: date, folder: date, staff: str = "", code: str = "99214", **other: str
) -> str:
    """Add a finished visit of 25 minutes from 14:00 to the doctor, or as given; return its id."""
    encounter_id = f"VX{kit.number('encounter'):06d}"
    row = {
        "encounter_id": encounter_id,
        "patient_id": case.patient_id,
        "practitioner_id": staff or case.pcp,
        "team_id": f"TX{case.team:03d}",
        "encounter_class": "ambulatory",
        "service_line": "primary_care",
        "visit_type": "follow_up",
        "modality": "in_person",
        "started_at": kit.moment(case.team, day, "14:00", "utc"),
        "ended_at": kit.moment(case.team, day, "14:25", "utc"),
        "status": "finished",
        "billing_codes": code,
    }
    kit.add("encounter", folder, row | other)
    return encounter_id


def scale(kit: Kit, case: Case, day: date, score: str = "14", name: str = "_more") -> int:
    """Add a PHQ-9; return its row in the file."""
    row = {
        "assessment_id": f"AX{kit.number('assessment'):06d}",
        "patient_id": case.patient_id,
        "instrument": "PHQ-9",
        "score": score,
        "item9_score": "0",
        "taken_at": kit.moment(case.team, day, "10:00", "offset"),
        "status": "final",
    }
    return kit.add("assessment", kit.prompt, row, name)


def review(kit: Kit, case: Case, day: date, status: str = "final") -> None:
    """Add the psychiatric consultant's review."""
    row = {
        "review_id": f"RX{kit.number('review'):06d}",
        "patient_id": case.patient_id,
        "psychiatric_consultant_id": case.consultant,
        "care_manager_id": case.care_manager,
        "reviewed_at": kit.moment(case.team, day, "12:00", "utc"),
        "recommendation": "continue",
        "communicated_at": kit.moment(case.team, day, "16:00", "utc"),
        "status": status,
    }
    kit.add("case_review", kit.prompt, row)


def entry_row(
    kit: Kit, case: Case, day: date, start: str, end: str, style: str = "local", **other: str
) -> Row:
    """Return a time entry as a row, documented the same evening unless told otherwise."""
    entry_id = f"TX{kit.number('entry'):07d}"
    case.entry_ids.append(entry_id)
    end_day = day + timedelta(days=1) if end and end < start else day
    row = {
        "entry_id": entry_id,
        "patient_id": case.patient_id,
        "staff_id": case.care_manager,
        "activity_code": "follow_up_contact",
        "started_at": kit.moment(case.team, day, start, style),
        "ended_at": kit.moment(case.team, end_day, end, style) if end else "",
        "documented_at": kit.moment(case.team, end_day, "18:00", "utc"),
        "status": "final",
    }
    return row | other


def entry(
    kit: Kit,
    case: Case,
    day: date,
    start: str,
    end: str,
    *,
    style: str = "local",
    folder: date | None = None,
    name: str = "_more",
    **other: str,
) -> str:
    """Add a time entry, from start to end on a local day; return its id."""
    row = entry_row(kit, case, day, start, end, style, **other)
    kit.add("care_activity", folder or kit.prompt, row, name)
    return row["entry_id"]


def minutes(
    kit: Kit, case: Case, many: float = FULL_MINUTES, day: date | None = None, start: str = "09:00"
) -> str:
    """Add an entry of so many minutes, on the fifth of the trap month at 09:00 unless told otherwise."""
    begin = datetime.fromisoformat(f"2000-01-01T{start}")
    end = begin + timedelta(seconds=round(many * 60))
    return entry(kit, case, day or kit.day(5), start, end.time().isoformat())


def claim(kit: Kit, case: Case, code: str, units: int = 1, status: str = "submitted", **other: str) -> None:
    """Add a claim line for the trap month, delivered with it."""
    row = {
        "claim_line_id": f"LX{kit.number('claim'):06d}",
        "patient_id": case.patient_id,
        "procedure_code": code,
        "units": str(units),
        "service_on": kit.month_end.isoformat(),
        "billing_practitioner_id": case.pcp,
        "payer_id": "medicare",
        "status": status,
        "submitted_on": (kit.month_end + timedelta(days=2)).isoformat(),
    }
    kit.add("claim_line", kit.prompt, row | other)


def segments(entry_id: str, **seconds: int) -> dict[str, Any]:
    """Return an entry's expected seconds by disposition."""
    return {"entry_id": entry_id, "seconds": {name: many for name, many in sorted(seconds.items()) if many}}


def candidate(
    kit: Kit,
    case: Case,
    codes: str,
    status: str,
    credited_minutes: int,
    *,
    blocking: str | None = None,
    review: str | None = None,
    month: date | None = None,
    program: str = "",
) -> dict[str, Any]:
    """Return an expected patient-month: its codes separated by a blank, its status, its minutes.

    `blocking` and `review` are what the marts must list as failed, separated by ;, or None where that is
    not told.
    """
    result: dict[str, Any] = {
        "patient_id": case.patient_id,
        "program": program or case.program,
        "service_month": (month or kit.month).isoformat(),
        "codes": codes.split(),
        "status": status,
        "credited_minutes": credited_minutes,
    }
    if blocking is not None:
        result["blocking_check_ids"] = blocking
    if review is not None:
        result["review_check_ids"] = review
    return result
