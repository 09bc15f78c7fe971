"""What is done and claimed in a drawn clinic: time entries, visits, scores, reviews, claim lines.

What belongs here: rows that lie in time. What does not: the people (``clinics``).
"""

from datetime import timedelta

from tests.property.choices import Choices, Seeded
from tests.property.clinics import Batches, Clinic, open_clinic
from tests.property.seasons import Season, later
from tests.reference.versions import DeliveredRow
from tests.support.landing import deliver

ACTIVITIES = ("follow_up_contact", "care_plan", "chart_review", "caseload_consultation")
MINUTES = (10, 30, 20, 5, 15, 36, 45, 70, 86, 120, 240)
BILLED = ("90834", "99484", "", "99211;90834")
CLAIMED = ("99492", "99493", "99484", "G0557", "G2214", "99213", "G0512")


def draw_clinic(name: str, season: Season, choices: Choices) -> Batches:
    """The rows of one clinic."""
    clinic = open_clinic(name, season, choices)
    for patient in clinic.patients:
        for number in range(choices.number(0, 3)):
            _add_encounter(clinic, patient, number)
        for number in range(choices.number(1, 7)):
            _add_entry(clinic, patient, number)
        for number in range(choices.number(0, 3)):
            _add_assessment(clinic, patient, number)
        for number in range(choices.number(0, 3)):
            _add_review(clinic, patient, number)
        for number in range(choices.one((0, 0, 1, 2))):
            _add_claim_line(clinic, patient, number)
    if clinic.odd(10):
        _add_entry(clinic, clinic.id("nobody"), 0)
    return clinic.rows


def draw_many(seed: int, season: Season, clinics: int) -> Batches:
    """Many clinics, each named by its own seed so that it can be drawn again alone."""
    together: Batches = {}
    for one in range(seed, seed + clinics):
        for place, rows in draw_clinic(f"c{one}", season, Seeded(f"{one}")).items():
            together.setdefault(place, []).extend(rows)
    return together


def delivered(batches: Batches) -> dict[str, list[DeliveredRow]]:
    """The rows as they land: one file a feed, day and name."""
    feeds: dict[str, list[DeliveredRow]] = {}
    for (feed, day, name), rows in batches.items():
        feeds.setdefault(feed, []).extend(deliver(feed, day, rows, name))
    return feeds


def _add_encounter(clinic: Clinic, patient: str, number: int) -> None:
    choices = clinic.choices
    is_stay = choices.chance(25)
    is_visit = not is_stay and choices.chance(40)
    start = clinic.moment(clinic.season.earlier[0] if is_visit and number == 0 else None)
    span = timedelta(hours=choices.number(2, 30)) if is_stay else timedelta(minutes=choices.one((30, 45, 20)))
    clinic.add(
        "encounter",
        encounter_id=f"{patient}-x{number}",
        patient_id=patient,
        practitioner_id=clinic.staff[2] if is_visit else choices.one((*clinic.staff[:2], "")),
        team_id=choices.one((*clinic.teams, "")),
        encounter_class=choices.one(("inpatient", "observation")) if is_stay else "ambulatory",
        service_line="primary_care" if is_visit else "behavioral_health",
        started_at=start,
        ended_at=clinic.usually(later(start, span), 20, ""),
        status=clinic.usually("finished", 30, "in-progress", "cancelled", "arrived"),
        billing_codes=clinic.usually("99213", 40, "99211", "") if is_visit else choices.one(BILLED),
    )


def _add_entry(clinic: Clinic, patient: str, number: int) -> None:
    choices = clinic.choices
    start = clinic.moment()
    minutes = timedelta(minutes=choices.one(MINUTES))
    has_end = choices.chance(75)
    has_duration = not has_end or choices.chance(20)
    cells = {
        "entry_id": f"{patient}-n{number}",
        "patient_id": patient,
        "staff_id": clinic.usually(choices.one(clinic.staff[:2]), 12, *clinic.staff),
        "activity_code": clinic.usually(choices.one(ACTIVITIES), 12, "clerical", "unheard_of"),
        "started_at": start,
        "ended_at": later(start, minutes) if has_end else "",
        "duration_minutes": _duration(clinic, minutes) if has_duration else "",
        "documented_at": clinic.usually(later(start, timedelta(days=choices.one((0, 0, 7, 8)))), 15, ""),
        "encounter_id": f"{patient}-x0" if choices.chance(15) else "",
        "status": "final",
        "updated_at": "",
        "is_deleted": "",
    }
    clinic.add("care_activity", **cells)
    if clinic.odd(25):
        _add_version(clinic, cells)
    if clinic.odd(12):
        documented_at = later(start, timedelta(days=choices.one((0, 1)))) if choices.chance(50) else ""
        copy = {"entry_id": f"{patient}-m{number}", "documented_at": documented_at}
        clinic.add("care_activity", **{**cells, **copy})


def _duration(clinic: Clinic, span: timedelta) -> str:
    """The span in minutes, a part of it, just longer than believed, or nonsense."""
    minutes = span.total_seconds() / 60
    shorter, fraction = f"{minutes / 2:g}", f"{minutes - 0.425:g}"
    longer = f"{minutes + clinic.choices.number(0, 2):g}"
    plain = clinic.choices.one((f"{minutes:g}", shorter, fraction))
    return clinic.usually(plain, 30, longer, longer, "0", "-5", "ten", "1500")


def _add_version(clinic: Clinic, cells: dict[str, str]) -> None:
    """The entry once more: corrected, withdrawn, deleted, older than known, or broken."""
    choices = clinic.choices
    start = cells["started_at"]
    change = choices.one(("corrected", "in_error", "deleted", "bare_in_error", "broken", "same"))
    bare = {column: "" for column in cells if column != "entry_id"}
    updates = {
        "corrected": {
            "ended_at": later(start, timedelta(minutes=choices.one(MINUTES))),
            "duration_minutes": "",
        },
        "in_error": {"status": "entered-in-error"},
        "deleted": bare | {"is_deleted": "true"},
        "bare_in_error": bare | {"status": "entered-in-error"},
        "broken": {"started_at": choices.one(("", "yesterday"))},
        "same": {},
    }[change]
    updated_at = "" if choices.chance(60) else clinic.moment()
    clinic.add("care_activity", **{**cells, **updates, "updated_at": updated_at})


def _add_assessment(clinic: Clinic, patient: str, number: int) -> None:
    clinic.add(
        "assessment",
        assessment_id=f"{patient}-a{number}",
        patient_id=patient,
        instrument=clinic.usually("PHQ-9", 50, "GAD-7", "PHQ-9M", "MOOD"),
        score=clinic.usually("12", 50, "0", "27", "28", ""),
        not_done_reason=clinic.usually("", 20, "refused"),
        taken_at=clinic.moment(),
        encounter_id=f"{patient}-x0" if clinic.choices.chance(30) else "",
        status=clinic.usually("final", 30, "corrected", "preliminary", ""),
    )


def _add_review(clinic: Clinic, patient: str, number: int) -> None:
    clinic.add(
        "case_review",
        review_id=f"{patient}-r{number}",
        patient_id=patient,
        psychiatric_consultant_id=clinic.usually(clinic.staff[-1], 20, *clinic.staff),
        reviewed_at=clinic.moment(),
        status=clinic.usually("final", 25, "amended", "entered-in-error"),
    )


def _add_claim_line(clinic: Clinic, patient: str, number: int) -> None:
    choices = clinic.choices
    day = clinic.busiest if choices.chance(50) else clinic.season.day(choices)
    clinic.add(
        "claim_line",
        claim_line_id=f"{patient}-l{number}",
        patient_id=patient,
        procedure_code=choices.one(CLAIMED),
        units="1",
        service_on=day.isoformat(),
        billing_practitioner_id=clinic.usually(clinic.staff[2], 40, *clinic.staff, ""),
        status=choices.one(("submitted", "paid", "denied", "voided")),
    )
