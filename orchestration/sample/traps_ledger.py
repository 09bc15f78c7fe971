"""Traps of the ledger: time that overlaps, is withdrawn, lies outside consent, or does not count.

Belongs here: what goes wrong with time entries, and their seconds by disposition.
Does not belong here: claims (`traps_claims.py`), deliveries (`traps_versions.py`), files (`traps_files.py`).
"""

from datetime import timedelta

from orchestration.sample.trap_cases import (
    FULL_CODE,
    FULL_MINUTES,
    candidate,
    consent,
    enrol,
    entry,
    minutes,
    segments,
)
from orchestration.sample.trap_kit import Kit

MINUTE = 60


def staff_overlap(kit: Kit) -> None:
    """Plant care managers who wrote down two patients at once."""
    cases, entries, expected, months = [], [], [], []
    for number in range(kit.instances):
        first, second = enrol(kit, team=number % 2), enrol(kit, team=number % 2)
        second.care_manager = first.care_manager
        minutes(kit, first)
        minutes(kit, second, start="11:00")
        day = kit.day(12)
        one = entry(kit, first, day, "10:00", "10:30")
        two = entry(kit, second, day, "10:20", "10:40", style="utc")
        expected += [
            segments(one, credited=30 * MINUTE),
            segments(two, credited=10 * MINUTE, staff_overlap=10 * MINUTE) | {"lost_to_entry_id": one},
        ]
        months += [
            candidate(kit, first, FULL_CODE, "ready", 70),
            candidate(kit, second, FULL_CODE, "ready", 50),
        ]
        cases += [first, second]
        entries += [one, two]
    kit.plant(
        "staff_overlap",
        "A care manager wrote down two patients for the same ten minutes; the later entry loses them.",
        cases,
        entries,
        count=kit.instances,
        segments=expected,
        candidates=months,
    )


def patient_overlap(kit: Kit) -> None:
    """Plant patients whom two care managers wrote down at once."""
    cases, entries, expected, months = [], [], [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        minutes(kit, case)
        day = kit.day(12)
        one = entry(kit, case, day, "10:00", "10:30")
        two = entry(kit, case, day, "10:15", "10:45", staff_id=kit.staff("care_manager", case.team))
        expected += [
            segments(one, credited=30 * MINUTE),
            segments(two, credited=15 * MINUTE, patient_overlap=15 * MINUTE) | {"lost_to_entry_id": one},
        ]
        months.append(candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES + 45))
        cases.append(case)
        entries += [one, two]
    kit.plant(
        "patient_overlap",
        "Two care managers wrote down the same quarter of an hour with one patient; it counts once.",
        cases,
        entries,
        segments=expected,
        candidates=months,
    )


def exact_duplicate(kit: Kit) -> None:
    """Plant entries that were written down twice under two ids."""
    cases, entries, expected, months = [], [], [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        day = kit.day(12)
        one = entry(kit, case, day, "13:00", "13:45")
        two = entry(
            kit, case, day, "13:00", "13:45", documented_at=kit.moment(case.team, day, "19:30", "utc")
        )
        expected += [segments(one, credited=45 * MINUTE), segments(two, duplicate=45 * MINUTE)]
        months.append(candidate(kit, case, FULL_CODE, "ready", 45))
        cases.append(case)
        entries.append(two)
    kit.plant(
        "exact_duplicate",
        "The same work was entered twice under two ids; the one documented later is the duplicate.",
        cases,
        entries,
        segments=expected,
        candidates=months,
    )


def consent_gaps(kit: Kit) -> None:
    """Plant consents that were given late, withdrawn early, never given, or refused."""
    late, early, never = [], [], []
    late_segments, early_segments, never_segments = [], [], []
    for number in range(kit.instances):
        team = number % 2
        case = enrol(kit, team=team, has_consent=False)
        consent(kit, case, kit.moment(team, kit.day(15), "12:00", "offset"))
        before = minutes(kit, case, 30, kit.day(10))
        across = entry(kit, case, kit.day(15), "11:50", "12:20")
        after = minutes(kit, case, FULL_MINUTES, kit.day(18))
        late.append(case)
        late_segments += [
            segments(before, outside_consent=30 * MINUTE),
            segments(across, outside_consent=10 * MINUTE, credited=20 * MINUTE),
            segments(after, credited=FULL_MINUTES * MINUTE),
        ]

        case = enrol(kit, team=team, has_consent=False)
        granted = kit.moment(team, case.started_on - timedelta(days=1), "09:30", "utc")
        revoked = kit.moment(team, kit.day(15), "12:00", "utc")
        consent(kit, case, granted, revoked_at=revoked, status="inactive")
        before = minutes(kit, case, FULL_MINUTES, kit.day(10))
        across = entry(kit, case, kit.day(15), "11:50", "12:20")
        after = minutes(kit, case, 15, kit.day(20))
        early.append(case)
        early_segments += [
            segments(before, credited=FULL_MINUTES * MINUTE),
            segments(across, credited=10 * MINUTE, outside_consent=20 * MINUTE),
            segments(after, outside_consent=15 * MINUTE),
        ]

        case = enrol(kit, team=team, has_consent=False)
        if number % 2:
            consent(kit, case, kit.moment(team, kit.day(1), "09:00"), status="rejected")
        never.append(case)
        never_segments.append(segments(minutes(kit, case), outside_consent=FULL_MINUTES * MINUTE))
    kit.plant(
        "consent_granted_late",
        "Consent was given in the middle of the month; what was done before it does not count.",
        late,
        [one for case in late for one in case.entry_ids],
        segments=late_segments,
        candidates=[candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES + 20) for case in late],
    )
    kit.plant(
        "consent_revoked_early",
        "Consent was withdrawn in the middle of the month; what was done after it does not count.",
        early,
        [one for case in early for one in case.entry_ids],
        segments=early_segments,
        candidates=[candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES + 10) for case in early],
    )
    kit.plant(
        "consent_missing",
        "No consent was given, or it was refused; nothing counts.",
        never,
        [one for case in never for one in case.entry_ids],
        segments=never_segments,
        candidates=[candidate(kit, case, "", "not_billable", 0) for case in never],
    )


def unknown_people(kit: Kit) -> None:
    """Plant entries by or for somebody whom no feed knows."""
    cases, entries, by_nobody, for_nobody = [], [], [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        minutes(kit, case)
        nobody = f"PX-GONE-{number}"
        one = entry(kit, case, kit.day(12), "10:00", "10:20", staff_id=nobody, style="utc")
        by_nobody.append(segments(one, unknown_staff=20 * MINUTE))
        two = entry(kit, case, kit.day(13), "10:00", "10:20", patient_id=f"X-GONE-{number}")
        for_nobody.append(segments(two, unknown_patient=20 * MINUTE))
        cases.append(case)
        entries += [one, two]
    months = [candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES) for case in cases]
    kit.plant(
        "unknown_staff",
        "The staff member of an entry is in no feed.",
        cases,
        entries[::2],
        segments=by_nobody,
        candidates=months,
    )
    kit.plant(
        "unknown_patient", "The patient of an entry is in no feed.", cases, entries[1::2], segments=for_nobody
    )


def no_episode(kit: Kit) -> None:
    """Plant entries for patients who were not enrolled."""
    patients, entries, expected = [], [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        minutes(kit, case)
        outsider = kit.patient(case.team)
        one = entry(kit, case, kit.day(12), "10:00", "10:20", patient_id=outsider)
        patients.append(outsider)
        entries.append(one)
        expected.append(segments(one, no_episode=20 * MINUTE))
    kit.plant("no_episode", "The patient was in no program.", patients, entries, segments=expected)


TRAPS = (staff_overlap, patient_overlap, exact_duplicate, consent_gaps, unknown_people, no_episode)
