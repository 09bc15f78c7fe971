"""Traps of delivery: rows that come twice, corrected, withdrawn, out of order.

Belongs here: several versions of a key, and files that come again.
Does not belong here: files and rows that cannot be read (`traps_files.py`).
"""

from datetime import date, timedelta

from orchestration.sample.rows import csv_text
from orchestration.sample.trap_cases import (
    FULL_CODE,
    FULL_MINUTES,
    candidate,
    enrol,
    entry_row,
    episode_row,
    minutes,
    segments,
    visit,
)
from orchestration.sample.trap_kit import Case, Kit, Row

MINUTE = 60


def _days(kit: Kit) -> tuple[date, date, date]:
    """Return three delivery dates before the trap month is closed."""
    return kit.month_end + timedelta(days=1), kit.month_end + timedelta(days=2), kit.prompt


def _stamped(kit: Kit, row: Row, hour: int) -> Row:
    """Return the row as the source last touched it at an hour of the month's last day."""
    return row | {"updated_at": f"{kit.month_end.isoformat()}T{hour:02d}:00:00Z"}


def _all_entries(cases: list[Case]) -> list[str]:
    return [one for case in cases for one in case.entry_ids]


def withdrawn(kit: Kit) -> None:
    """Plant entries that were withdrawn: in error, deleted, before they were known, never known."""
    first, second, third = _days(kit)
    in_error, deleted, early, never = [], [], [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        minutes(kit, case)
        row = entry_row(kit, case, kit.day(12), "10:00", "10:20")
        kit.add("care_activity", first, row)
        kit.add_bare("care_activity", second, {"entry_id": row["entry_id"], "status": "entered-in-error"})
        in_error.append(case)

        case = enrol(kit, team=number % 2)
        minutes(kit, case)
        row = entry_row(kit, case, kit.day(12), "10:00", "10:20")
        kit.add("care_activity", first, row)
        kit.add_bare("care_activity", second, {"entry_id": row["entry_id"], "is_deleted": "true"})
        deleted.append(case)

        case = enrol(kit, team=number % 2)
        minutes(kit, case)
        row = entry_row(kit, case, kit.day(12), "10:00", "10:20")
        kit.add("care_activity", third, _stamped(kit, row, 10))
        withdrawal = {"entry_id": row["entry_id"], "is_deleted": "true"}
        kit.add_bare("care_activity", first, _stamped(kit, withdrawal, 11))
        early.append(case)

        case = enrol(kit, team=number % 2)
        minutes(kit, case)
        row = entry_row(kit, case, kit.day(12), "10:00", "10:20")
        kit.add_bare("care_activity", first, {"entry_id": row["entry_id"], "status": "entered-in-error"})
        never.append(case)
    for trap, says, cases, seconds in (
        ("voided_in_error", "The entry came again as entered in error.", in_error, 20 * MINUTE),
        ("voided_by_tombstone", "The entry came again as deleted, with its key alone.", deleted, 20 * MINUTE),
        ("tombstone_before_entry", "The tombstone was delivered before the entry.", early, 20 * MINUTE),
        ("void_of_unknown_entry", "An entry was withdrawn that was never delivered.", never, 0),
    ):
        kit.plant(
            trap,
            says,
            cases,
            [case.entry_ids[1] for case in cases],
            segments=[segments(case.entry_ids[1], voided=seconds) for case in cases],
            candidates=[candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES) for case in cases],
        )


def corrected(kit: Kit) -> None:
    """Plant entries that were corrected, and older rows that come after newer ones."""
    first, second, _ = _days(kit)
    newer, older = [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        row = entry_row(kit, case, kit.day(12), "10:00", "10:20")
        longer = row | {"ended_at": kit.moment(case.team, kit.day(12), "10:45"), "status": "amended"}
        kit.add("care_activity", first, _stamped(kit, row, 9))
        kit.add("care_activity", second, _stamped(kit, longer, 10))
        newer.append(case)

        case = enrol(kit, team=number % 2)
        row = entry_row(kit, case, kit.day(12), "10:00", "10:20")
        longer = row | {"ended_at": kit.moment(case.team, kit.day(12), "10:45"), "status": "amended"}
        kit.add("care_activity", first, _stamped(kit, longer, 10))
        kit.add("care_activity", second, _stamped(kit, row, 9))
        older.append(case)
    for trap, says, cases in (
        ("corrected_row", "The entry came again with a later end.", newer),
        ("older_row", "An older version of the entry came after the newer one.", older),
    ):
        kit.plant(
            trap,
            says,
            cases,
            _all_entries(cases),
            segments=[segments(case.entry_ids[0], credited=45 * MINUTE) for case in cases],
            candidates=[candidate(kit, case, FULL_CODE, "ready", 45) for case in cases],
        )


def out_of_order(kit: Kit) -> None:
    """Plant entries that were delivered before the enrolment that they belong to."""
    first, _, third = _days(kit)
    cases = []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2, enrolled_in=third)
        kit.add("care_activity", first, entry_row(kit, case, kit.day(5), "09:00", "09:40"))
        cases.append(case)
    kit.plant(
        "out_of_order",
        "The entry was delivered before the enrolment, the consent and the visit.",
        cases,
        _all_entries(cases),
        segments=[segments(case.entry_ids[0], credited=FULL_MINUTES * MINUTE) for case in cases],
        candidates=[candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES) for case in cases],
    )


def deleted_records(kit: Kit) -> None:
    """Plant an enrolment and a visit that were deleted."""
    _, second, _ = _days(kit)
    without_episode, without_visit = [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        minutes(kit, case)
        kit.add_bare("episode", second, {"episode_id": case.episode_id, "is_deleted": "true"})
        without_episode.append(case)
        case = enrol(kit, team=number % 2, has_visit=False)
        minutes(kit, case)
        seen = visit(kit, case, case.started_on - timedelta(days=2), case.started_on)
        kit.add_bare("encounter", second, {"encounter_id": seen, "is_deleted": "true"})
        without_visit.append(case)
    kit.plant(
        "tombstone_of_episode",
        "The enrolment was deleted; the patient was in no program.",
        without_episode,
        _all_entries(without_episode),
        segments=[segments(case.entry_ids[0], no_episode=FULL_MINUTES * MINUTE) for case in without_episode],
    )
    kit.plant(
        "tombstone_of_encounter",
        "The visit before enrolment was deleted; the claim lacks it.",
        without_visit,
        candidates=[
            candidate(kit, case, FULL_CODE, "held", FULL_MINUTES, blocking="initiating_visit", review="")
            for case in without_visit
        ],
    )


def repeated_file(kit: Kit) -> None:
    """Plant a file that was delivered twice, the second time under another name and date."""
    first, second, _ = _days(kit)
    cases = [enrol(kit, team=number % 2) for number in range(kit.instances)]
    rows = [entry_row(kit, case, kit.day(5), "09:00", "09:40") for case in cases]
    content = csv_text(rows).encode()
    kept = kit.raw_file("care_activity", first, "care_activity_again.csv", content)
    again = kit.raw_file("care_activity", second, "care_activity_again_copy.csv", content)
    kit.plant(
        "same_file_twice",
        "The same bytes were delivered twice; the second time adds nothing.",
        cases,
        _all_entries(cases),
        segments=[segments(case.entry_ids[0], credited=FULL_MINUTES * MINUTE) for case in cases],
        candidates=[candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES) for case in cases],
        files=[
            {"feed": "care_activity", "file": kept, "status": "accepted", "rows": len(rows)},
            {"feed": "care_activity", "file": again, "status": "duplicate", "rows": 0},
        ],
    )


def replaced_episode(kit: Kit) -> None:
    """Plant enrolments whose end came with a later version."""
    _, second, _ = _days(kit)
    cases, entries, expected = [], [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        inside = minutes(kit, case)
        outside = minutes(kit, case, 20, kit.day(21))
        end = {"ended_on": kit.day(20).isoformat(), "status": "finished", "end_reason": "goals_met"}
        kit.add("episode", second, episode_row(case) | end)
        cases.append(case)
        entries += [inside, outside]
        expected += [
            segments(inside, credited=FULL_MINUTES * MINUTE),
            segments(outside, no_episode=20 * MINUTE),
        ]
    kit.plant(
        "episode_ended_later",
        "The enrolment came again with its end; what was done after it does not count.",
        cases,
        entries,
        segments=expected,
        candidates=[candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES) for case in cases],
    )


TRAPS = (withdrawn, corrected, out_of_order, deleted_records, repeated_file, replaced_episode)
