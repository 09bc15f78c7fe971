"""Enrolments: who is in which program from when to when, how it goes, and why it ends.

Belongs here: episodes as arrays, in hindsight; what is known of them on a day is decided where they are
written.
Does not belong here: the work done for them (`schedule.py`) and what is billed (`billing.py`).
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample.days import NO_DAY, Window
from orchestration.sample.draws import Bools, Floats, Ints, bell, between, draw, pick
from orchestration.sample.people import MEDICARE, Patients

PROGRAMS = ("cocm", "bhi", "pcbh", "ccm", "apcm")
COCM, BHI, PCBH, CCM, APCM = range(5)
INSTRUMENTS = ("PHQ-9", "GAD-7")
DIAGNOSES = ("F32.1", "F33.1", "F41.1", "F43.10", "F10.20", "F32.9", "F33.2", "F90.0")
END_REASONS = ("goals_met", "referred_to_specialty", "lost_to_follow_up", "declined", "moved")
_COCM_SHARE = 0.78
_LAUNCH_SHARE = 0.40
_LAUNCH_DAYS = 28
_FURTHER_DAYS = 62
_PCBH_SHARE = 0.03
_APCM_WITH_CARE, _APCM_ALONE = 0.22, 0.004
_CCM_SHARE = 0.004


@dataclass(frozen=True)
class Episodes:
    """One element an episode. `rank` is its place among the program's episodes of its team, by start."""

    number: Ints
    patient: Ints
    program: Ints
    team: Ints
    rank: Ints
    visit_on: Ints
    starts_on: Ints
    ends_on: Ints
    end_reason: Ints
    improvement: Floats
    baseline_phq9: Ints
    baseline_gad7: Ints
    instrument: Ints
    diagnosis: Ints
    has_diagnosis: Bools
    plan_on: Ints

    def is_care(self) -> Bools:
        """Return which episodes are cocm or bhi, those that minutes are written for."""
        return self.program <= BHI


def _next_workday(days: Ints) -> Ints:
    weekday = (days + 3) % 7
    return days + np.where(weekday >= 5, 7 - weekday, 0)


def episodes_of(patients: Patients, seed: int, window: Window) -> Episodes:
    """Return all episodes, sorted by program's kind and patient; an open one has no end.

    The program was launched on the window's first day: two of five patients enrol in its first four weeks,
    the others evenly afterwards, some after `as_of` (they are left out where that is not yet known).
    """
    number = patients.number
    age = patients.age_on(number, window.start)
    is_old_enough = age >= 13
    care = number[patients.is_care_managed & is_old_enough]
    kind = np.where(draw(seed, "program", care) < _COCM_SHARE, COCM, BHI)
    medicare = patients.payer == MEDICARE
    uniform_apcm = draw(seed, "apcm", number)
    apcm = number[
        medicare & (uniform_apcm < np.where(patients.is_care_managed, _APCM_WITH_CARE, _APCM_ALONE))
    ]
    pcbh = number[
        patients.is_behavioral & ~patients.is_care_managed & (draw(seed, "pcbh", number) < _PCBH_SHARE)
    ]
    ccm = number[medicare & (uniform_apcm > 1 - _CCM_SHARE)]
    owner = np.concatenate([care, pcbh, ccm, apcm])
    program = np.concatenate(
        [kind, np.full(len(pcbh), PCBH), np.full(len(ccm), CCM), np.full(len(apcm), APCM)]
    )

    horizon = window.months[-1].last + _FURTHER_DAYS
    uniform_start = draw(seed, "enrols", owner)
    launch = window.start + 2 + uniform_start / _LAUNCH_SHARE * _LAUNCH_DAYS
    later = window.start + _LAUNCH_DAYS
    steady = later + (uniform_start - _LAUNCH_SHARE) / (1 - _LAUNCH_SHARE) * (horizon - later)
    starts_on = np.where(uniform_start < _LAUNCH_SHARE, launch, steady).astype(np.int64)
    starts_on = np.where(program >= CCM, np.where(program == APCM, window.start + 2, starts_on), starts_on)
    starts_on = _next_workday(starts_on)

    improvement = np.clip(0.48 + 0.3 * bell(seed, "improvement", owner), -0.15, 0.95)
    length = np.clip(265 + 80 * bell(seed, "length", owner), 45, 500).astype(np.int64)
    length = np.where(program >= CCM, 5000, length)
    leaves_early = (draw(seed, "leaves", owner) < 0.12) & (program < CCM)
    length = np.where(leaves_early, 40 + length // 6, length)
    ends_on = starts_on + length
    reason_left = 2 + pick(draw(seed, "reason", owner), [0.6, 0.25, 0.15])
    reason = np.where(leaves_early, reason_left, np.where(improvement > 0.3, 0, 1))
    # The plan against relapse is made with those who are well, six weeks before the end.
    plan_on = np.where((improvement > 0.5) & ~leaves_early & (program < PCBH), ends_on - 42, NO_DAY)

    anxious = draw(seed, "anxious", owner)
    team = patients.team[owner]
    order = np.lexsort((owner, starts_on, program, team))
    group = team[order] * len(PROGRAMS) + program[order]
    starts = (
        np.concatenate([[0], np.flatnonzero(np.diff(group)) + 1])
        if len(group)
        else np.zeros(1, dtype=np.int64)
    )
    sizes = np.diff(np.concatenate([starts, [len(group)]]))
    rank = np.empty(len(owner), dtype=np.int64)
    rank[order] = np.arange(len(owner)) - np.repeat(starts, sizes)
    return Episodes(
        number=np.arange(len(owner), dtype=np.int64),
        patient=owner,
        program=program,
        team=team,
        rank=rank,
        visit_on=starts_on
        - _back_to_workday(starts_on, 1 + between(draw(seed, "visit before", owner), 0, 8)),
        starts_on=starts_on,
        ends_on=ends_on,
        end_reason=reason,
        improvement=improvement,
        baseline_phq9=between(draw(seed, "phq9", owner), np.where(anxious > 0.8, 6, 10), 23),
        baseline_gad7=between(draw(seed, "gad7", owner), 5, 19),
        instrument=np.where(anxious > 0.8, 1, 0),
        diagnosis=pick(draw(seed, "diagnosis", owner), [0.26, 0.25, 0.2, 0.1, 0.05, 0.08, 0.04, 0.02]),
        has_diagnosis=draw(seed, "has diagnosis", owner) > 0.03,
        plan_on=plan_on,
    )


def _back_to_workday(days: Ints, back: Ints) -> Ints:
    """Return how many days to go back so that at least `back` are passed and a working day is met."""
    weekday = (days - back + 3) % 7
    return back + np.where(weekday >= 5, weekday - 4, 0)
