"""The care managers' months: minutes a patient, cut into entries, laid one after another through each day.

Belongs here: the plan of a month (minutes, rungs) and its time entries, in local time of the team.
Does not belong here: what is billed for them (`billing.py`); reviews are in `reviews.py`.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample.caseload import BHI, Episodes
from orchestration.sample.days import DAY_SECONDS, NO_DAY, Month
from orchestration.sample.draws import Bools, Floats, Ints, between, draw, pick, rank_within
from orchestration.sample.workforce import CARE_MANAGER, NURSE, Workforce

ACTIVITIES = (
    "initial_assessment", "follow_up_contact", "brief_intervention", "crisis_contact", "outreach_reached",
    "relapse_prevention_contact", "care_plan", "care_coordination", "caseload_consultation",
    "registry_update", "chart_review", "documentation", "discharge_planning", "outreach_attempt",
    "scheduling", "clerical",
)  # fmt: skip
_WEIGHTS = np.array([9, 6, 6, 7, 4, 6, 4, 1.6, 1.8, 0.8, 1.2, 1.3, 2.5, 0, 0, 0])
INITIAL, FOLLOW_UP, CONSULTATION, DOCUMENTATION, FIRST_UNCOUNTED = 0, 1, 8, 11, 13
_FOLLOW_UP_SHARES = [0.62, 0.24, 0.02, 0.12]

# The clinic's months by how much was done: share, and the minutes from and to in a first and a later month.
# The rungs are those of the usual code ladder, so that all tiers occur.
RUNG_NOTHING, RUNG_LITTLE, RUNG_SHORT, RUNG_BASE, RUNG_ADD_1, RUNG_ADD_2, RUNG_ADD_3 = range(7)
_RUNG_SHARES = [0.015, 0.08, 0.07, 0.50, 0.21, 0.085, 0.04]
_RUNG_LOW = np.array([[0, 6, 30, 36, 86, 116, 146], [0, 6, 30, 31, 76, 106, 136]])
_RUNG_HIGH = np.array([[0, 29, 35, 85, 115, 145, 175], [0, 29, 30, 75, 105, 135, 165]])
_BHI_SHARES = [0.015, 0.13, 0.855]
_BHI_LOW, _BHI_HIGH = np.array([0, 5, 20]), np.array([0, 19, 46])

_OPENS, _CLOSES, _LATEST = 8 * 3600 + 1800, 17 * 3600, 21 * 3600


@dataclass(frozen=True)
class Plan:
    """One element an episode and month: who works, how many minutes, on which of the month's working days."""

    episode: Ints
    staff: Ints
    minutes: Ints
    rung: Ints
    is_initial: Bools
    is_reviewed: Bools
    first_workday: Ints
    last_workday: Ints


@dataclass(frozen=True)
class Entries:
    """One element a time entry, in local seconds; sorted by staff, day and start."""

    number: Ints
    episode: Ints
    staff: Ints
    activity: Ints
    starts_at: Ints
    ends_at: Ints
    documented_at: Ints

    @property
    def day(self) -> Ints:
        """The local day number of each entry; none of them passes midnight."""
        return self.starts_at // DAY_SECONDS


def staff_of(episodes: Episodes, workforce: Workforce, seed: int) -> Ints:
    """Return who works for each episode: a care manager, or for three of five bhi episodes a nurse."""
    is_nursed = (episodes.program == BHI) & (draw(seed, "nursed", episodes.number) < 0.6)
    manager = workforce.member(CARE_MANAGER, episodes.team, episodes.rank)
    return np.where(is_nursed, workforce.member(NURSE, episodes.team, episodes.rank), manager)


def plan_of(episodes: Episodes, staff: Ints, month: Month, seed: int) -> Plan:
    """Return the month's plan for each cocm or bhi episode with a working day in it.

    Work starts the day after enrolment, so that consent is always earlier. A part of a month gets less.
    """
    workdays = month.workdays
    low = np.searchsorted(workdays, episodes.starts_on + 1)
    high = np.searchsorted(workdays, episodes.ends_on, side="right") - 1
    episode = np.flatnonzero(episodes.is_care() & (low <= high) & (low < len(workdays)))
    low, high = low[episode], high[episode]
    is_initial = workdays[low] - episodes.starts_on[episode] <= 4
    share = (high - low + 1) / len(workdays)
    key = np.full(1, month.ordinal)
    uniform = draw(seed, "rung", episode, key) * (0.15 + 0.85 * share)
    within = draw(seed, "minutes", episode, key)
    row = np.where(is_initial, 0, 1)
    rung = pick(uniform, _RUNG_SHARES)
    minutes = between(within, _RUNG_LOW[row, rung], _RUNG_HIGH[row, rung])
    is_bhi = episodes.program[episode] == BHI
    bhi_rung = pick(uniform, _BHI_SHARES)
    minutes = np.where(is_bhi, between(within, _BHI_LOW[bhi_rung], _BHI_HIGH[bhi_rung]), minutes)
    # A single day holds one visit's worth of work at most.
    minutes = np.where(high == low, np.minimum(minutes, 45), minutes)
    is_reviewed = (~is_bhi) & (draw(seed, "reviewed", episode, key) < 0.9) & (minutes >= 12)
    return Plan(
        episode=episode.astype(np.int64),
        staff=staff[episode],
        minutes=minutes,
        rung=np.where(is_bhi, bhi_rung, rung),
        is_initial=is_initial,
        is_reviewed=is_reviewed,
        first_workday=low.astype(np.int64),
        last_workday=high.astype(np.int64),
    )


def _counts(episodes: Episodes, plan: Plan, month: Month, seed: int) -> Ints:
    """Return how many entries of each activity a plan has; an array of plans x activities."""
    key = np.full(1, month.ordinal)
    uniform = draw(seed, "counts", plan.episode[:, None], key, np.arange(len(ACTIVITIES)))
    minutes = plan.minutes
    is_bhi = episodes.program[plan.episode] == BHI
    contacts = np.select([minutes == 0, minutes < 30, minutes < 60], [0, 1, 2], 3)
    contacts = np.where(is_bhi, np.minimum(contacts, 1 + (uniform[:, 1] < 0.4)), contacts)
    much = np.where(is_bhi, 0.45, np.clip(minutes / 60, 0.3, 1.6))
    counts = np.zeros((len(plan.episode), len(ACTIVITIES)), dtype=np.int64)
    counts[:, INITIAL] = plan.is_initial & (minutes >= 20)
    counts[:, FOLLOW_UP] = contacts - counts[:, INITIAL]
    counts[:, 6] = (plan.is_initial | (uniform[:, 6] < 0.25)) & (minutes >= 25)
    counts[:, 7] = np.floor(uniform[:, 7] * 3.4 * much + 1.0 * much)
    counts[:, CONSULTATION] = plan.is_reviewed
    counts[:, 9] = np.floor(uniform[:, 9] * 3.0 * much + 1.1 * much)
    counts[:, 10] = np.floor(uniform[:, 10] * 2.2 * much + 0.5)
    counts[:, DOCUMENTATION] = contacts
    counts[minutes == 0] = 0
    counts[:, 13] = np.floor(uniform[:, 13] * 1.8)
    counts[:, 14] = uniform[:, 14] < 0.25
    counts[:, 15] = uniform[:, 15] < 0.05
    return counts


def _durations(plan: Plan, owner: Ints, activity: Ints, uniform: Floats, has_timer: Bools) -> Ints:
    """Return seconds that add up to the plan's minutes; activities that do not count come on top of them."""
    weight = _WEIGHTS[activity] * (0.5 + uniform)
    running = np.cumsum(weight)
    first = np.searchsorted(owner, np.arange(len(plan.episode)))
    past = np.concatenate([[0.0], running])
    before = past[first[owner]]
    last = np.searchsorted(owner, np.arange(len(plan.episode)), side="right")
    total = np.maximum((past[last] - past[first])[owner], 1e-9)
    planned = plan.minutes[owner] * 60.0
    unit = np.where(has_timer, 1, 60)
    upto = np.round(np.round(planned * ((running - before) / total), 6) / unit) * unit
    from_ = np.round(np.round(planned * ((running - weight - before) / total), 6) / unit) * unit
    return np.where(activity >= FIRST_UNCOUNTED, between(uniform, 2, 5) * 60, upto - from_).astype(np.int64)


def entries_of(
    episodes: Episodes, plan: Plan, month: Month, seed: int, consult_weekday: Ints, team_of: Ints
) -> Entries:
    """Return the month's entries: no two of one staff member at once, none past the evening."""
    counts = _counts(episodes, plan, month, seed)
    flat = counts.ravel()
    cell = np.repeat(np.arange(len(flat)), flat)
    owner, activity = cell // len(ACTIVITIES), cell % len(ACTIVITIES)
    place = rank_within(cell)
    key = np.full(1, month.ordinal)
    episode = plan.episode[owner]
    number = rank_within(owner)
    uniform = draw(seed, "entry", episode, key, number)
    staff = plan.staff[owner]
    has_timer = staff % 4 == 3
    seconds = _durations(plan, owner, activity, uniform, has_timer)

    # Contacts are spread over the month, documentation follows on the same day, consultations have a weekday.
    workdays = month.workdays
    low, span = plan.first_workday[owner], (plan.last_workday - plan.first_workday + 1)[owner]
    contacts = counts[owner, INITIAL] + counts[owner, FOLLOW_UP]
    is_contact = activity <= FOLLOW_UP
    is_paired = is_contact | (activity == DOCUMENTATION)
    contact = np.where(activity == FOLLOW_UP, place + counts[owner, INITIAL], place)
    paired_uniform = (contact + draw(seed, "contact day", episode, key, contact)) / np.maximum(contacts, 1)
    free_uniform = draw(seed, "entry day", episode, key, number)
    index = low + np.floor(np.where(is_paired, paired_uniform, free_uniform) * span).astype(np.int64)
    weekday = (workdays[index] + 3) % 7
    shifted = index + consult_weekday[team_of[staff]] - weekday
    shifted = np.where(shifted > low + span - 1, shifted - 5, shifted)
    is_consult = (activity == CONSULTATION) & (shifted >= low) & (shifted <= low + span - 1)
    day = workdays[np.where(is_consult, shifted, index)]
    order = draw(seed, "order", episode, key, np.where(is_paired, contact, 50 + number))
    activity = np.where(
        activity == FOLLOW_UP,
        1 + pick(draw(seed, "contact kind", episode, key, number), _FOLLOW_UP_SHARES),
        activity,
    )
    in_plan = (activity == 1) & (episodes.plan_on[episode] != NO_DAY) & (day > episodes.plan_on[episode])
    activity = np.where(in_plan, 5, activity)

    kept = seconds > 0
    sort = np.lexsort((number[kept], activity[kept], order[kept], day[kept], staff[kept]))
    chosen = np.flatnonzero(kept)[sort]
    return _laid_out(chosen, number, episode, staff, activity, day, seconds, seed, month)


def _laid_out(
    chosen: Ints,
    number: Ints,
    episode: Ints,
    staff: Ints,
    activity: Ints,
    day: Ints,
    seconds: Ints,
    seed: int,
    month: Month,
) -> Entries:
    """Return the chosen entries one after another, with pauses, within each staff member's day."""
    number, episode, staff, activity = number[chosen], episode[chosen], staff[chosen], activity[chosen]
    day, seconds = day[chosen], seconds[chosen]
    group = staff * 100_000 + day
    first = np.flatnonzero(rank_within(group) == 0)
    sizes = np.diff(np.concatenate([first, [len(group)]]))
    work = np.add.reduceat(seconds, first) if len(first) else np.zeros(0, dtype=np.int64)
    pause_each = np.clip((_CLOSES - _OPENS - work) // np.maximum(sizes, 1), 0, 3600)
    key = np.full(1, month.ordinal)
    uniform = draw(seed, "pause", episode, key, number)
    pause = np.floor(uniform * np.repeat(pause_each, sizes) / 60).astype(np.int64) * 60
    running = np.cumsum(seconds + pause)
    before = np.repeat(np.concatenate([[0], running])[first], sizes)
    starts = _OPENS + running - before - seconds
    fits = starts + seconds <= _LATEST
    late = draw(seed, "documented", episode, key, number)
    ends = day * DAY_SECONDS + starts + seconds
    next_morning = (day + 1) * DAY_SECONDS + _OPENS + 900 - ends
    delay = np.select([late < 0.80, late < 0.97], [300, between(late, 900, 3600)], next_morning)
    return Entries(
        number=number[fits],
        episode=episode[fits],
        staff=staff[fits],
        activity=activity[fits],
        starts_at=(day * DAY_SECONDS + starts)[fits],
        ends_at=ends[fits],
        documented_at=(ends + delay)[fits],
    )
