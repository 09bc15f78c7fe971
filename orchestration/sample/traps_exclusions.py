"""Traps of time that is real and does not count: by whom, what, where, or when in a life.

Belongs here: staff without a role, work that is not part of the service, visits, stays, deaths.
Does not belong here: overlaps, consent and unknown people (`traps_ledger.py`).
"""

from collections.abc import Callable
from datetime import timedelta

from orchestration.sample.trap_cases import (
    FULL_CODE,
    FULL_MINUTES,
    candidate,
    enrol,
    entry,
    entry_row,
    minutes,
    segments,
    visit,
)
from orchestration.sample.trap_kit import Kit

MINUTE = 60


def _one_odd_entry(
    kit: Kit, trap: str, says: str, disposition: str, odd: Callable[[int, int], dict[str, str]]
) -> None:
    """Plant an entry of 20 minutes that does not count, beside those that make the month's code."""
    cases, entries, expected = [], [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        minutes(kit, case)
        row = entry_row(kit, case, kit.day(12), "10:00", "10:20", **odd(number, case.team))
        kit.add("care_activity", kit.prompt, row)
        one = row["entry_id"]
        cases.append(case)
        entries.append(one)
        expected.append(segments(one, **{disposition: 20 * MINUTE}))
    months = [candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES) for case in cases]
    kit.plant(trap, says, cases, entries, segments=expected, candidates=months)


def unqualified_staff(kit: Kit) -> None:
    """Plant entries by administrators, and by a care manager who had left."""

    def odd(number: int, team: int) -> dict[str, str]:
        left = (kit.month - timedelta(days=60)).isoformat()
        gone = kit.staff("care_manager", team, until=left) if number % 2 else kit.staff("administrator", team)
        return {"staff_id": gone}

    says = "An administrator, or a care manager who had left, wrote down the time."
    _one_odd_entry(kit, "unqualified_staff", says, "unqualified_staff", odd)


def not_countable(kit: Kit) -> None:
    """Plant activities that do not count, and codes that no seed knows."""
    kinds = (
        "supervision",
        "scheduling",
        "travel",
        "billing_work",
        "clerical",
        "training",
        "outreach_attempt",
    )
    _one_odd_entry(
        kit,
        "not_countable_activity",
        "The work is not part of the service.",
        "not_countable_activity",
        lambda number, _: {"activity_code": kinds[number % len(kinds)]},
    )
    _one_odd_entry(
        kit,
        "unknown_activity_code",
        "No seed knows the activity.",
        "not_countable_activity",
        lambda number, _: {"activity_code": f"moon_gazing_{number}"},
    )


def billed_separately(kit: Kit) -> None:
    """Plant entries that lie half inside a psychotherapy visit of the same two people."""
    cases, entries, expected = [], [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        minutes(kit, case)
        day = kit.day(12)
        visit(
            kit, case, day, kit.prompt, case.care_manager, "90834", service_line="behavioral_health",
            started_at=kit.moment(case.team, day, "10:00", "utc"),
            ended_at=kit.moment(case.team, day, "10:45", "utc"),
        )  # fmt: skip
        one = entry(kit, case, day, "10:30", "11:00")
        cases.append(case)
        entries.append(one)
        expected.append(segments(one, billed_separately=15 * MINUTE, credited=15 * MINUTE))
    kit.plant(
        "billed_separately",
        "A quarter of an hour lies inside a psychotherapy visit of the same patient and staff member.",
        cases,
        entries,
        segments=expected,
        candidates=[candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES + 15) for case in cases],
    )


def facility_stay(kit: Kit) -> None:
    """Plant entries around a discharge, for a payer that does not count the stay and for one that does."""
    for payer, credited in (("strict_example", 20), ("medicare", 30)):
        cases, entries, expected = [], [], []
        for number in range(kit.instances):
            case = enrol(kit, team=number % 2, payer=payer)
            minutes(kit, case, 70)
            visit(
                kit, case, kit.day(10), kit.prompt, code="", service_line="other", visit_type="other",
                encounter_class="inpatient" if number % 2 else "observation",
                started_at=kit.moment(case.team, kit.day(10), "08:00", "utc"),
                ended_at=kit.moment(case.team, kit.day(12), "17:00", "utc"),
            )  # fmt: skip
            one = entry(kit, case, kit.day(12), "16:50", "17:20", activity_code="discharge_planning")
            cases.append(case)
            entries.append(one)
            expected.append(segments(one, credited=credited * MINUTE, facility_stay=(30 - credited) * MINUTE))
        codes = FULL_CODE if payer == "strict_example" else "99492 99494x1"
        kit.plant(
            "facility_stay" if credited < 30 else "facility_stay_that_counts",
            "Ten minutes lie before the discharge from a stay; the payer decides whether they count.",
            cases,
            entries,
            segments=expected,
            candidates=[candidate(kit, case, codes, "ready", 70 + credited) for case in cases],
        )


def after_death(kit: Kit) -> None:
    """Plant entries on the day of death and on the day after it."""
    cases, entries, expected = [], [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2, died=kit.day(15).isoformat())
        minutes(kit, case)
        same_day = entry(kit, case, kit.day(15), "10:00", "10:20")
        day_after = entry(kit, case, kit.day(16), "10:00", "10:20")
        cases.append(case)
        entries += [same_day, day_after]
        expected += [segments(same_day, credited=20 * MINUTE), segments(day_after, after_death=20 * MINUTE)]
    months = [
        candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES + 20)
        | {"date_of_service": kit.day(15).isoformat()}
        for case in cases
    ]
    kit.plant(
        "after_death",
        "The patient died on the fifteenth; that day counts, the next does not.",
        cases,
        entries,
        segments=expected,
        candidates=months,
    )


TRAPS = (unqualified_staff, not_countable, billed_separately, facility_stay, after_death)
