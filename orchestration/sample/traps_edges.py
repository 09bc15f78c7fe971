"""Traps at edges: of the month, the clock's change, a coverage, the business date, a code's floor.

Belongs here: time that is right in itself and lies where a careless reader cuts it wrong.
Does not belong here: time that does not count (`traps_ledger.py`).
"""

from datetime import UTC, date, datetime, timedelta

from orchestration.sample.trap_cases import (
    FULL_CODE,
    FULL_MINUTES,
    candidate,
    enrol,
    entry,
    entry_row,
    minutes,
    segments,
)
from orchestration.sample.trap_kit import Case, Kit

MINUTE = 60
STRICT = "strict_example"
_SEARCH_DAYS = 330


def month_edge(kit: Kit) -> None:
    """Plant entries from ten to midnight to ten past, over the trap month's beginning."""
    cases, entries, expected, months = [], [], [], []
    eve = kit.month - timedelta(days=1)
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        style = ("utc", "local", "offset")[number % 3]
        one = entry(kit, case, eve, "23:50", "00:10", style=style, folder=kit.month + timedelta(days=2))
        minutes(kit, case)
        by_month = {kit.month_before.isoformat(): 10 * MINUTE, kit.month.isoformat(): 10 * MINUTE}
        expected.append(segments(one, credited=20 * MINUTE) | {"seconds_by_month": by_month})
        months += [
            candidate(kit, case, "", "not_billable", 10, month=kit.month_before),
            candidate(kit, case, "99493", "ready", FULL_MINUTES + 10),
        ]
        cases.append(case)
        entries.append(one)
    kit.plant(
        "month_edge",
        "A call over midnight of the month's end gives ten minutes to each; the second is a later month.",
        cases,
        entries,
        segments=expected,
        candidates=months,
    )


def _clock_changes(kit: Kit, team: int) -> dict[str, date]:
    """Return the local days of the latest changes to summer and winter time before `as_of`."""
    zone = kit.zone(team)
    found: dict[str, date] = {}
    for back in range(1, _SEARCH_DAYS):
        day = kit.as_of - timedelta(days=back)
        noons = [
            datetime(one.year, one.month, one.day, 17, tzinfo=UTC) for one in (day - timedelta(days=1), day)
        ]
        before, after = (noon.astimezone(zone).utcoffset() or timedelta() for noon in noons)
        if before != after:
            found.setdefault("spring" if after > before else "autumn", day)
    return found


def _night_case(kit: Kit, team: int, day: date) -> Case:
    start = day - timedelta(days=14)
    return enrol(kit, team=team, payer=STRICT, has_scale=False, has_review=False, started_on=start)


def clock_change(kit: Kit) -> None:
    """Plant entries in the nights when the clock changes; they last as long as the world says."""
    cases, entries, expected = [], [], []
    for number in range(kit.instances):
        team = number % 2
        for season, day in sorted(_clock_changes(kit, team).items()):
            folder = day + timedelta(days=1)
            first, second = _night_case(kit, team, day), _night_case(kit, team, day)
            if season == "spring":
                # The hour from 02:00 does not exist; a time in it moves forward by an hour.
                one = entry(kit, first, day, "01:50", "03:10", folder=folder)
                two = entry(kit, second, day, "02:15", "03:45", folder=folder)
                expected += [segments(one, credited=20 * MINUTE), segments(two, credited=30 * MINUTE)]
            else:
                # The hour from 01:00 comes twice; without an offset it is the first.
                one = entry(kit, first, day, "00:50", "02:10", folder=folder)
                row = entry_row(kit, second, day, "01:30", "", "utc")
                row["ended_at"] = kit.moment(team, day, "01:30", "utc", fold=1)
                kit.add("care_activity", folder, row)
                two = row["entry_id"]
                expected += [segments(one, credited=140 * MINUTE), segments(two, credited=60 * MINUTE)]
            cases += [first, second]
            entries += [one, two]
    kit.plant(
        "clock_change",
        "The night has 23 or 25 hours; a local hour is missing or comes twice.",
        cases,
        entries,
        segments=expected,
    )


def payer_change(kit: Kit) -> None:
    """Plant patients whose payer changed in the middle of the month."""
    cases, months = [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2, payer="")
        kit.coverage(case.patient_id, "medicare", until=kit.day(14).isoformat())
        kit.coverage(case.patient_id, STRICT, since=kit.day(15).isoformat())
        minutes(kit, case, 40, kit.day(10))
        minutes(kit, case, 40, kit.day(20))
        cases.append(case)
        expected = candidate(kit, case, FULL_CODE, "review", 80, blocking="", review="single_payer_month")
        months.append(expected | {"payer_id": STRICT})
    kit.plant(
        "payer_change_mid_month",
        "The payer of the date of service takes the whole month, and somebody looks at it.",
        cases,
        [one for case in cases for one in case.entry_ids],
        candidates=months,
    )


def late_documentation(kit: Kit) -> None:
    """Plant entries that were documented eight local days later, seven days later, or at an unknown time."""
    late, in_time = [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        documented = "" if number % 2 else kit.moment(case.team, kit.day(13), "00:10", "utc")
        entry(kit, case, kit.day(5), "10:00", "10:40", documented_at=documented)
        late.append(case)
        case = enrol(kit, team=number % 2)
        documented = kit.moment(case.team, kit.day(12), "23:50", "utc")
        entry(kit, case, kit.day(5), "10:00", "10:40", documented_at=documented)
        in_time.append(case)
    kit.plant(
        "late_documentation",
        "An entry was documented more than seven local days later, or nobody knows when.",
        late,
        [one for case in late for one in case.entry_ids],
        candidates=[
            candidate(kit, case, FULL_CODE, "review", 40, blocking="", review="timely_documentation")
            for case in late
        ],
    )
    kit.plant(
        "documentation_in_time",
        "An entry was documented on the last evening that is in time, which in UTC is a day later.",
        in_time,
        [one for case in in_time for one in case.entry_ids],
        candidates=[candidate(kit, case, FULL_CODE, "ready", 40, blocking="", review="") for case in in_time],
    )


def future_dated(kit: Kit) -> None:
    """Plant entries two days after the business date."""
    cases, entries, expected = [], [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        minutes(kit, case)
        day = kit.as_of + timedelta(days=2)
        one = entry(kit, case, day, "10:00", "10:20", folder=kit.as_of)
        cases.append(case)
        entries.append(one)
        expected.append(segments(one, future_dated=20 * MINUTE))
    months = [candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES) for case in cases]
    kit.plant(
        "future_dated",
        "The entry lies after the business date.",
        cases,
        entries,
        segments=expected,
        candidates=months,
    )


# Minutes and what they reach, as the page of known answers says: payer, earlier minutes of the chain,
# minutes, codes.
_KNOWN = (
    ("medicare", 0, 29, ""),
    ("medicare", 0, 30, "G2214"),
    ("medicare", 0, 35, "G2214"),
    ("medicare", 0, 36, "99492"),
    ("medicare", 0, 85, "99492"),
    ("medicare", 0, 86, "99492 99494x1"),
    ("medicare", 0, 116, "99492 99494x2"),
    ("medicare", 5, 30, "G2214"),
    ("medicare", 5, 31, "99493"),
    ("medicare", 5, 75, "99493"),
    ("medicare", 5, 76, "99493 99494x1"),
    ("medicare", 5, 136, "99493 99494x3"),
    (STRICT, 0, 36, "G2214"),
    (STRICT, 0, 85, "99492"),
    (STRICT, 0, 86, "99492"),
    (STRICT, 0, 116, "99492 99494x1"),
    (STRICT, 5, 31, "G2214"),
    (STRICT, 5, 75, "99493"),
    (STRICT, 5, 136, "99493 99494x2"),
)
_KNOWN_BHI = (("medicare", 19, ""), ("medicare", 20, "99484"), (STRICT, 19, ""), (STRICT, 20, "99484"))


def _status(codes: str) -> str:
    if not codes:
        return "not_billable"
    return "review" if "x3" in codes else "ready"


def known_minutes(kit: Kit) -> None:
    """Plant a patient for each line of the known answers, and one whose entries are not whole minutes."""
    cases: list[Case] = []
    months = []
    for payer, earlier, many, codes in _KNOWN:
        case = enrol(kit, payer=payer)
        if earlier:
            eve = kit.month - timedelta(days=4)
            end = f"09:{earlier:02d}"
            entry(kit, case, eve, "09:00", end, folder=kit.month + timedelta(days=2))
        minutes(kit, case, many)
        months.append(candidate(kit, case, codes, _status(codes), many))
        cases.append(case)
    for payer, many, codes in _KNOWN_BHI:
        case = enrol(kit, payer=payer, program="bhi")
        minutes(kit, case, many)
        months.append(candidate(kit, case, codes, _status(codes), many))
        cases.append(case)
    case = enrol(kit)
    minutes(kit, case, 35.5)
    minutes(kit, case, 0.4, kit.day(6))
    months.append(candidate(kit, case, "G2214", "ready", 35))
    kit.plant(
        "known_minutes",
        "Minutes on both sides of the floors, in a first and a later month, by payer; 35.5 + 0.4 make 35.",
        [*cases, case],
        [one for each in [*cases, case] for one in each.entry_ids],
        candidates=months,
    )


TRAPS = (month_edge, clock_change, payer_change, late_documentation, future_dated, known_minutes)
