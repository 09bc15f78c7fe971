"""Assessments: screens at visits, and the courses of those under care management.

Belongs here: instruments, scores and when they were taken.
Does not belong here: what a score means for a claim or a measure.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample.caseload import BHI, Episodes
from orchestration.sample.days import DAY_SECONDS, Month
from orchestration.sample.draws import Floats, Ints, bell, between, draw, pick
from orchestration.sample.schedule import Plan
from orchestration.sample.visits import BEHAVIORAL, HANDOFF, PRIMARY, Visits

INSTRUMENTS = ("PHQ-9", "GAD-7", "PHQ-2", "AUDIT-C")
PHQ9, GAD7, PHQ2, AUDITC = range(4)
_HIGHEST = np.array([27, 21, 6, 12])
_SCREENED_SHARE = 0.24
_RECOVERY_WEEKS = 6.0
NO_ITEM = -1


@dataclass(frozen=True)
class Scores:
    """One element a score; `taken_at` in the team's local seconds; `encounter` a visit's number or -1."""

    patient: Ints
    team: Ints
    instrument: Ints
    score: Ints
    item9: Ints
    taken_at: Ints
    encounter: Ints

    @staticmethod
    def together(parts: list["Scores"]) -> "Scores":
        """Return the parts as one, in order."""
        names = ("patient", "team", "instrument", "score", "item9", "taken_at", "encounter")
        return Scores(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _item9(score: Ints, instrument: Ints, uniform: Floats) -> Ints:
    """Return item 9 of a PHQ-9: seldom above 0, never more than the score allows."""
    some = (uniform < score / 90.0) & (score >= 6)
    value = np.where(some, np.minimum(1 + (uniform * 9973 % 1 < 0.2), 3), 0)
    return np.where(instrument == PHQ9, value, NO_ITEM).astype(np.int64)


def screens_of(visits: Visits, month: Month, seed: int) -> Scores:
    """Return the scores taken at the month's visits."""
    key = np.full(1, month.ordinal)
    uniform = draw(seed, "screen", key, visits.sequence)
    level = draw(seed, "screen level", key, visits.sequence)
    took_place = visits.took_place
    is_screened = took_place & (visits.kind == PRIMARY) & (uniform < _SCREENED_SHARE)
    two = pick(level, [0.52, 0.18, 0.12, 0.08, 0.05, 0.03, 0.02])
    is_positive = is_screened & (two >= 3) & (uniform < _SCREENED_SHARE * 0.85)
    is_talk = took_place & ((visits.kind == BEHAVIORAL) | (visits.kind == HANDOFF))
    is_nine = is_positive | (is_talk & (uniform < 0.62))
    is_anxiety = is_talk & (uniform > 0.35) & (uniform < 0.8)
    is_alcohol = took_place & (visits.kind == PRIMARY) & (uniform > 0.99)
    parts = []
    wanted = ((is_screened, PHQ2), (is_nine, PHQ9), (is_anxiety, GAD7), (is_alcohol, AUDITC))
    for chosen, instrument in wanted:
        rows = np.flatnonzero(chosen)
        score = {
            PHQ2: two[rows],
            PHQ9: between(level[rows] * 31 % 1, np.where(is_talk[rows], 2, 6), 21),
            GAD7: between(level[rows] * 17 % 1, 1, 18),
            AUDITC: between(level[rows] * 13 % 1, 0, 8),
        }[instrument]
        which = np.full(len(rows), instrument, dtype=np.int64)
        item = _item9(score, which, level[rows] * 7 % 1)
        parts.append(
            Scores(
                patient=visits.patient[rows],
                team=visits.team[rows],
                instrument=which,
                score=score,
                item9=item,
                taken_at=visits.starts_at[rows] + 120 + 60 * instrument,
                encounter=visits.sequence[rows],
            )
        )
    return Scores.together(parts)


def course_of(episodes: Episodes, plan: Plan, month: Month, seed: int) -> Scores:
    """Return the month's scores under care management: one or two PHQ-9, and GAD-7 where it leads."""
    workdays = month.workdays
    parts = []
    for instrument, place, share in ((PHQ9, 0, 0.94), (PHQ9, 1, 0.45), (GAD7, 2, 0.35)):
        key = np.full(1, month.ordinal * 10 + place)
        uniform = draw(seed, "course", plan.episode, key)
        leads = episodes.instrument[plan.episode] == 1
        wanted = share + np.where(leads & (instrument == GAD7), 0.55, 0.0)
        rows = np.flatnonzero((uniform < wanted) & (plan.minutes > 0))
        episode, within = plan.episode[rows], draw(seed, "course day", plan.episode[rows], key)
        half = (within + (1 if place == 1 else 0)) / (2 if instrument == PHQ9 else 1)
        span = (plan.last_workday - plan.first_workday + 1)[rows]
        day = workdays[plan.first_workday[rows] + np.floor(half * span).astype(np.int64)]
        which = np.full(len(rows), instrument, dtype=np.int64)
        score = score_on(episodes, episode, day, which, seed)
        parts.append(
            Scores(
                patient=episodes.patient[episode],
                team=episodes.team[episode],
                instrument=which,
                score=score,
                item9=_item9(score, which, within * 19 % 1),
                taken_at=day * DAY_SECONDS + 9 * 3600 + np.floor(within * 400).astype(np.int64) * 60,
                encounter=np.full(len(rows), -1, dtype=np.int64),
            )
        )
    return Scores.together(parts)


def score_on(episodes: Episodes, episode: Ints, day: Ints, instrument: Ints, seed: int) -> Ints:
    """Return the scores of episodes on days: from the baseline towards the patient's own improvement."""
    baseline = np.where(instrument == PHQ9, episodes.baseline_phq9[episode], episodes.baseline_gad7[episode])
    weeks = np.maximum(day - episodes.starts_on[episode], 0) / 7.0
    reached = weeks / (weeks + _RECOVERY_WEEKS)
    course = 1.0 - episodes.improvement[episode] * reached * 1.35
    noise = 1.4 * bell(seed, "score noise", episode, day, instrument)
    score: Ints = np.clip(np.round(baseline * course + noise), 0, _HIGHEST[instrument]).astype(np.int64)
    return score


def baselines_of(episodes: Episodes) -> Scores:
    """Return the scores of the visit before enrolment: a PHQ-9 and a GAD-7 an episode of cocm and bhi."""
    rows = np.flatnonzero(episodes.program <= BHI)
    parts = []
    for instrument, score in ((PHQ9, episodes.baseline_phq9[rows]), (GAD7, episodes.baseline_gad7[rows])):
        which = np.full(len(rows), instrument, dtype=np.int64)
        parts.append(
            Scores(
                patient=episodes.patient[rows],
                team=episodes.team[rows],
                instrument=which,
                score=score,
                item9=_item9(score, which, (rows * 0.618034 % 1).astype(np.float64)),
                taken_at=episodes.visit_on[rows] * DAY_SECONDS + 11 * 3600 + 60 * instrument,
                encounter=episodes.number[rows],
            )
        )
    return Scores.together(parts)
