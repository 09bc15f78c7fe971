"""The sample's world: everybody and every enrolment, built once from the arguments.

Belongs here: the arrays that all feeds are written from, and which part of them a delivery holds.
Does not belong here: writing.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample.caseload import Episodes, episodes_of
from orchestration.sample.days import ZONES, Month, Offsets, Window
from orchestration.sample.draws import Bools, Ints, draw
from orchestration.sample.people import Patients, patients_of, team_count, team_zone
from orchestration.sample.schedule import Plan, plan_of, staff_of
from orchestration.sample.workforce import PCP, Workforce, workforce_of

_NIGHT_SHARE = 252 / 365
_FAR = 10**6


@dataclass(frozen=True)
class Cut:
    """A delivery: what happened from `first` to `last`, as known on `last`, in the folder `delivered_on`.

    `is_latest` adds booked appointments that lie ahead. `is_night` is a single day; of its high-volume rows
    so many are kept that a working day holds 1/365 of a year.
    """

    first: int
    last: int
    delivered_on: int
    is_latest: bool = False
    is_night: bool = False

    def holds(self, days: Ints) -> Bools:
        """Return which days the delivery is about."""
        return (days >= self.first) & (days <= self.last)

    def keeps(self, seed: int, days: Ints, *keys: Ints) -> Bools:
        """Return which high-volume rows the delivery has."""
        kept = self.holds(days)
        return kept & (draw(seed, "night", *keys) < _NIGHT_SHARE) if self.is_night else kept


@dataclass(frozen=True)
class World:
    """Everybody and every enrolment."""

    seed: int
    window: Window
    patients: Patients
    workforce: Workforce
    episodes: Episodes
    staff: Ints
    pcp: Ints
    consult_weekday: Ints
    zone: Ints
    offsets: Offsets
    admissible_until: Ints

    def plan(self, month: Month) -> Plan:
        """Return the month's plan of minutes."""
        return plan_of(self.episodes, self.staff, month, self.seed)

    def to_utc(self, local: Ints, team: Ints) -> Ints:
        """Return UTC seconds for local seconds of teams."""
        return self.offsets.to_utc(local, self.zone[team])


def world_of(patients: int, months: int, seed: int, window: Window) -> World:
    """Return the world of so many panel patients.

    Raises:
        ValueError: if there are no patients or no months.
    """
    if patients < 1 or months < 1:
        raise ValueError("A sample needs at least 1 patient and 1 month.")
    people = patients_of(patients, seed, window)
    episodes = episodes_of(people, seed, window)
    workforce = workforce_of(people, episodes, window)
    teams = np.arange(team_count(patients), dtype=np.int64)
    many = workforce.many[PCP, people.team]
    admissible = np.full(patients, _FAR, dtype=np.int64)
    np.minimum.at(admissible, episodes.patient, episodes.starts_on - 10)
    return World(
        seed=seed,
        window=window,
        patients=people,
        workforce=workforce,
        episodes=episodes,
        staff=staff_of(episodes, workforce, seed),
        pcp=workforce.first[PCP, people.team] + np.floor(people.uniform_pcp * many).astype(np.int64),
        consult_weekday=teams % len(ZONES) + 1,
        zone=team_zone(teams),
        offsets=Offsets(window.start - 40, window.as_of + 140),
        admissible_until=admissible,
    )
