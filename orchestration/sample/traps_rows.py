"""Traps of rows that the contract or the ledger refuses, beside rows that they take.

Belongs here: times that contradict each other, impossible scores, missing and unreadable values.
Does not belong here: whole files (`traps_files.py`).
"""

from orchestration.sample.rows import csv_text
from orchestration.sample.trap_cases import (
    FULL_CODE,
    FULL_MINUTES,
    candidate,
    enrol,
    entry_row,
    minutes,
    scale,
    segments,
)
from orchestration.sample.trap_kit import Case, Kit, Row

MINUTE = 60
FEED = "care_activity"


def odd_intervals(kit: Kit) -> None:
    """Plant entries whose times contradict each other, each beside a good one; the good ones count."""
    kinds: tuple[tuple[str, str, dict[str, str]], ...] = (
        (
            "duration_exceeds_interval",
            "The duration is longer than the interval.",
            {"duration_minutes": "32"},
        ),
        ("open_interval", "Neither an end nor a duration.", {"ended_at": ""}),
        ("non_positive_duration", "The end is not after the start.", {}),
        ("implausible_duration", "More than twelve hours of work, or an interval of more than a day.", {}),
    )
    for reason, says, odd in kinds:
        cases, entries, refused = [], [], []
        name = f"care_activity_{reason}"
        for number in range(kit.instances):
            case = enrol(kit, team=number % 2)
            minutes(kit, case)
            row = entry_row(kit, case, kit.day(12), "10:00", "10:30") | odd
            if reason == "non_positive_duration":
                end = kit.moment(case.team, kit.day(12), "10:00" if number % 2 else "09:55")
                row |= {"ended_at": end}
            if reason == "implausible_duration" and number % 2:
                row |= {"ended_at": kit.moment(case.team, kit.day(13), "11:00"), "duration_minutes": "30"}
            elif reason == "implausible_duration":
                row |= {"ended_at": kit.moment(case.team, kit.day(12), "22:01")}
            at = kit.add(FEED, kit.prompt, row, name)
            refused.append(kit.refused(f"{name}.csv", at, reason) | {"entry_id": row["entry_id"]})
            cases.append(case)
            entries.append(row["entry_id"])
        kit.plant(
            reason,
            says,
            cases,
            entries,
            quarantine=refused,
            segments=[segments(one) for one in entries],
            candidates=[candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES) for case in cases],
        )
    cases, entries = [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        row = entry_row(kit, case, kit.day(5), "09:00", "09:50") | {"duration_minutes": "40"}
        kit.add(FEED, kit.prompt, row)
        cases.append(case)
        entries.append(row["entry_id"])
    kit.plant(
        "duration_shorter_than_interval",
        "Forty minutes of work in an interval of fifty are placed from its start.",
        cases,
        entries,
        segments=[segments(one, credited=FULL_MINUTES * MINUTE) for one in entries],
    )


def odd_scores(kit: Kit) -> None:
    """Plant PHQ-9 scores that do not exist, and a score of 0, which does."""
    cases, refused = [], []
    name = "assessment_score_out_of_range"
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2, has_scale=False)
        minutes(kit, case)
        at = scale(kit, case, kit.day(3), score="28" if number % 2 else "-1", name=name)
        refused.append(kit.refused(f"{name}.csv", at, "out_of_range:score", "assessment"))
        cases.append(case)
    kit.plant(
        "score_out_of_range",
        "The PHQ-9 has no such score; the month is left without a scale.",
        cases,
        quarantine=refused,
        candidates=[
            candidate(kit, case, FULL_CODE, "held", FULL_MINUTES, blocking="validated_scale", review="")
            for case in cases
        ],
    )
    cases = []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2, has_scale=False)
        scale(kit, case, kit.day(3), score="0")
        minutes(kit, case)
        cases.append(case)
    months = [candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES) for case in cases]
    kit.plant("score_of_zero", "A PHQ-9 of 0 is a score.", cases, candidates=months)


def odd_rows(kit: Kit) -> None:
    """Plant a file with one bad row of each kind, and good rows around them."""
    case = enrol(kit)
    good = entry_row(kit, case, kit.day(5), "09:00", "09:40")
    day = kit.day(12)
    odd: list[tuple[dict[str, str], str]] = [
        ({"patient_id": ""}, "missing_required:patient_id"),
        ({"started_at": ""}, "missing_required:started_at"),
        ({"started_at": f"{day.year}-13-45T10:00:00"}, "invalid_type:started_at"),
        ({"ended_at": "half past ten"}, "invalid_type:ended_at"),
        ({"duration_minutes": "twenty"}, "invalid_type:duration_minutes"),
        ({"status": "done"}, "invalid_value:status"),
        ({"staff_id": "", "ended_at": "soon"}, "missing_required:staff_id;invalid_type:ended_at"),
    ]
    columns = [*good, "duration_minutes"]
    rows = [entry_row(kit, case, day, "10:00", "10:20") | {"duration_minutes": ""} | one for one, _ in odd]
    last = entry_row(kit, case, kit.day(13), "10:00", "10:20")
    lines = csv_text([good, *rows], columns).splitlines()
    reasons = [*(reason for _, reason in odd), "malformed_row", "malformed_row"]
    lines += [f"{lines[1]},one,too,many", "TX-SHORT,only,four,fields"]
    lines += csv_text([last], columns).splitlines()[1:]
    name = "care_activity_bad_rows.csv"
    kit.raw_file(FEED, kit.prompt, name, ("\n".join(lines) + "\n").encode())
    bad = [row["entry_id"] for row in rows]
    kit.plant(
        "bad_rows",
        "Rows lack a required value, have a wrong type, an unknown status or a wrong number of fields.",
        [case],
        bad,
        count=len(reasons),
        quarantine=[kit.refused(name, place + 2, reason) for place, reason in enumerate(reasons)],
        segments=[
            segments(good["entry_id"], credited=FULL_MINUTES * MINUTE),
            segments(last["entry_id"], credited=20 * MINUTE),
            *(segments(one) for one in bad),
        ],
        candidates=[candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES + 20)],
    )
    other: list[tuple[str, Row, str]] = [
        ("patient", {"patient_id": "X-BAD-1", "birth_date": "1980-02-30"}, "invalid_type:birth_date"),
        ("patient", {"patient_id": "X-BAD-2", "sex": "F"}, "invalid_value:sex"),
        ("claim_line", _bad_claim(kit, case), "invalid_type:units"),
        (
            "condition",
            {"condition_id": "NX-BAD", "patient_id": case.patient_id},
            "missing_required:icd10_code",
        ),
    ]
    refused = []
    for feed, row, reason in other:
        at = kit.add(feed, kit.prompt, row, f"{feed}_bad_rows")
        refused.append(kit.refused(f"{feed}_bad_rows.csv", at, reason, feed))
    kit.plant(
        "bad_rows_elsewhere", "The same in other feeds.", [case], count=len(refused), quarantine=refused
    )


def _bad_claim(kit: Kit, case: Case) -> Row:
    return {
        "claim_line_id": "LX-BAD",
        "patient_id": case.patient_id,
        "procedure_code": "99492",
        "units": "1.5",
        "service_on": kit.month_end.isoformat(),
        "status": "submitted",
    }


TRAPS = (odd_intervals, odd_scores, odd_rows)
