"""The sample clinic as a landing folder: `write_sample` for its history, `write_night` for one day more.

Belongs here: which feeds a delivery holds, in which order they are written.
Does not belong here: how anything is drawn, and traps (`traps.py`).

Deliveries: the day before the window has the places, the panel, its coverages and all that happened
earlier. Each month is delivered on the third day of the next, and the open month on `as_of`, so that the
closing days of the months lie between deliveries. A delivery says what was known on the last day that it is
about: an enrolment comes again when it ends, a claim when it is answered, a patient when he or she has
died.

Times: care_activity, appointment and slot are in local time without an offset, as their systems' screens
show it; when an entry was documented, and when a row was last touched, is in UTC; consent has its own
offset; all other feeds are in UTC. A third of the teams each writes an entry's end, its end and duration,
or its duration alone.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

from orchestration.sample import billing, feeds_care, feeds_people, feeds_referrals, feeds_visits, finance
from orchestration.sample.days import Month, Window, month_at, month_of, window_of
from orchestration.sample.planted import Planted
from orchestration.sample.scores import Scores, baselines_of, screens_of
from orchestration.sample.trap_kit import Kit
from orchestration.sample.traps import plant_traps
from orchestration.sample.visits import Visits, visits_of
from orchestration.sample.world import Cut, World, world_of
from orchestration.sample.writer import Writer

Progress = Callable[[str, int, int], None]
_MONTHS_AHEAD = 2
_MONTHS_OF_CLAIMS = 3
_BEFORE_EVERYTHING = -(10**6)
_BASELINE_LABEL = 9900


def _visits(world: World, month: Month) -> Visits:
    admissible = world.admissible_until > month.last + 8
    return visits_of(world.patients, world.workforce, world.pcp, month, world.seed, admissible)


def _write_backfill(world: World, cut: Cut, writer: Writer) -> None:
    feeds_people.write_places(world, cut, writer)
    feeds_people.write_patients(world, cut, writer, is_first=True)
    feeds_people.write_panel(world, cut, writer)
    feeds_visits.write_panel_conditions(world, cut, writer)
    finance.write_target(world, cut, writer)
    _write_enrolments(world, cut, writer)


def _write_enrolments(world: World, cut: Cut, writer: Writer) -> None:
    feeds_care.write_enrolments(world, cut, writer)
    feeds_visits.write_initiating(world, cut, writer)
    encounter = "CASE WHEN encounter >= 0 THEN 'EI' || lpad(encounter::VARCHAR, 7, '0') END"
    baselines: Scores = baselines_of(world.episodes)
    feeds_care.write_scores(world, _BASELINE_LABEL, baselines, encounter, "assessment_enrolment", cut, writer)


def _write_month(world: World, month: Month, cut: Cut, writer: Writer) -> None:
    """Write the delivery's part of a month."""
    if not cut.is_night:
        feeds_people.write_patients(world, cut, writer, is_first=False)
    feeds_people.write_changes(world, cut, writer)
    _write_enrolments(world, cut, writer)
    care = feeds_care.care_month(world, month)
    feeds_care.write_entries(world, month, care, cut, writer)
    feeds_care.write_scores(world, month.label, care.scores, "NULL", "assessment", cut, writer)

    visits = _visits(world, month)
    feeds_visits.write_appointments(world, month, visits, cut, writer)
    feeds_visits.write_encounters(world, month, visits, cut, writer)
    feeds_visits.write_slots(world, month, visits, cut, writer)
    feeds_referrals.write_referrals(world, month, visits.referrals, cut, writer)
    screens = screens_of(visits, month, world.seed)
    prefix = feeds_visits.visit_key(month, np.zeros(1, dtype=np.int64))[0]
    encounter = f"'E' || lpad((encounter + {prefix})::VARCHAR, 12, '0')"
    feeds_care.write_scores(world, month.label + 5000, screens, encounter, "assessment_visit", cut, writer)
    feeds_visits.write_follow_ups(world, month, screens, cut, writer)
    for back in range(1, _MONTHS_OF_CLAIMS + 1):
        earlier = month_at(month.ordinal - back)
        if earlier.first >= world.window.start:
            billing.write_claims(world, billing.claims_of(world, earlier), earlier, cut, writer)
    if not cut.is_night:
        finance.write_finance(world, month, cut, writer)
    if cut.is_latest or cut.is_night:
        for ahead in range(1, _MONTHS_AHEAD + 1):
            later = month_at(month.ordinal + ahead)
            visits = _visits(world, later)
            feeds_visits.write_appointments(world, later, visits, cut, writer)
            feeds_visits.write_slots(world, later, visits, cut, writer)


def _cuts(window: Window) -> list[tuple[Month, Cut]]:
    """Return the deliveries of the window's months; those that fall on `as_of` have the same folder."""
    return [
        (
            month,
            Cut(
                month.first,
                min(month.last, window.as_of),
                window.delivered_on(month),
                month == window.months[-1],
            ),
        )
        for month in window.months
    ]


def write_sample(
    landing: Path,
    *,
    patients: int,
    months: int,
    seed: int,
    as_of: date,
    messy: bool,
    progress: Progress | None = None,
) -> Planted:
    """Write a clinic's feeds as CSV files into a landing folder; the same arguments give the same bytes.

    Args:
        landing: the landing folder; made where missing. Files of the same name are written over.
        patients: panel patients, at least 1. One in twenty is enrolled in a program, more in a small clinic.
        months: whole months before the open month of `as_of`, at least 1.
        seed: any whole number.
        as_of: the last delivery date.
        messy: also plant the traps, on patients and staff of their own.
        progress: called with a step's name, the steps done and all steps.

    Returns:
        What was planted, also written to `_planted.json` in the landing folder.

    Raises:
        ValueError: if there are no patients or no months, or traps are asked for and `as_of` lies before
            March 2024, when the seeds have no rules for them.
    """
    window = window_of(as_of, months)
    kit = Kit(window, patients) if messy else None
    world = world_of(patients, months, seed, window)
    cuts = _cuts(window)
    writer = Writer(landing, progress, len(cuts) + 2)
    writer.step("people and places")
    _write_backfill(world, Cut(_BEFORE_EVERYTHING, window.start - 1, window.backfilled_on), writer)
    for month, cut in cuts:
        writer.step(f"month {month.label:04d}")
        _write_month(world, month, cut, writer)
    writer.step("what was planted")
    traps = plant_traps(kit, writer) if kit else []
    planted = Planted(as_of, patients, months, seed, rows=dict(sorted(writer.rows.items())), traps=traps)
    planted.write(landing)
    writer.close()
    return planted


def write_night(landing: Path, *, patients: int, months: int, seed: int, as_of: date) -> dict[str, int]:
    """Write the day after `as_of` into its own folder: one more day of the clinic of these arguments.

    Returns:
        The rows written, by feed; about 1/365 of a year's.

    Raises:
        ValueError: if the day after `as_of` is a Saturday or Sunday, when the clinic is closed.
    """
    window = window_of(as_of, months)
    tomorrow = window.as_of + 1
    month = month_of(tomorrow)
    if tomorrow not in month.workdays:
        raise ValueError(
            f"{as_of.isoformat()} is followed by a day on which the clinic is closed; take another date."
        )
    world = world_of(patients, months, seed, window)
    writer = Writer(landing)
    _write_month(world, month, Cut(tomorrow, tomorrow, tomorrow, is_night=True), writer)
    writer.close()
    return dict(sorted(writer.rows.items()))
