"""The clinic as the feeds describe it: who is enrolled, insured, staffed and consented on which day.

What belongs here: records of the feeds, what is in force on a day, and whose clock reads a time without an
offset. What does not: the time entries themselves, and anything about money.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tests.reference.cells import Stamp, epoch_second
from tests.reference.rules import Policy, Rules
from tests.reference.versions import Accepted, DeliveredRow, Rejection, admit, latest_records

Record = dict[str, Any]
Feeds = Mapping[str, Sequence[DeliveredRow]]
PROGRAMS = ("cocm", "bhi")
EPISODE_STATUSES = frozenset({"active", "onhold", "finished"})
ABSENT_STATUSES = frozenset({"cancelled", "planned", "noshow", "entered-in-error"})
FAR_PAST = date.min
FAR_FUTURE = date.max


@dataclass(frozen=True)
class Staffing:
    """What someone is at a team, and since when."""

    team_id: str
    role: str
    sort_key: tuple[object, ...]


def covers(record: Record, day: date, start: str = "effective_from", end: str = "effective_to") -> bool:
    """Whether a record is in force on a day: blank start is always, blank end is open, both included."""
    return (record[start] or FAR_PAST) <= day <= (record[end] or FAR_FUTURE)


class Clinic:
    """All records that count, read with one ``as_of`` and one default zone."""

    def __init__(
        self, feeds: Feeds, contract: Mapping[str, Any], rules: Rules, as_of: date, default_zone: str
    ) -> None:
        """Admit every feed and keep the latest version of each key."""
        self.rules = rules
        self.as_of = as_of
        self.default_zone = default_zone
        self.accepted: dict[str, Accepted] = {
            feed: admit(feed, feeds.get(feed, ()), rule, as_of, default_zone)
            for feed, rule in contract.items()
        }
        self._refuse_scores_out_of_range()
        self._tables = {feed: latest_records(door.versions) for feed, door in self.accepted.items()}
        self._by_patient = {feed: _grouped(rows, "patient_id") for feed, rows in self._tables.items()}
        self._spans: dict[str, tuple[int, int | None]] = {}
        self._staffing = _grouped(self._tables["staffing"], "practitioner_id")
        self.teams = _keyed(self._tables["team"], "team_id")
        self.patients = _keyed(self._tables["patient"], "patient_id")
        self.practitioners = _keyed(self._tables["practitioner"], "practitioner_id")
        self.encounters = _keyed(self._tables["encounter"], "encounter_id")

    @property
    def rejections(self) -> list[Rejection]:
        """Every row that was turned away at a door."""
        return [rejection for door in self.accepted.values() for rejection in door.rejections]

    def of_patient(self, feed: str, patient_id: str) -> list[Record]:
        """The records of a feed that name the patient."""
        return self._by_patient[feed].get(patient_id, [])

    def all_of(self, feed: str) -> list[Record]:
        """Every record of a feed."""
        return self._tables[feed]

    def episodes(self, patient_id: str, program: str) -> list[Record]:
        """The patient's episodes of a program that can be in force at all."""
        return [
            episode
            for episode in self.of_patient("episode", patient_id)
            if episode["program"] == program and episode["status"] in EPISODE_STATUSES
        ]

    def has_episode_on(self, patient_id: str, program: str, day: date) -> bool:
        """Whether an episode of the program is in force on a day."""
        return any(
            covers(episode, day, "started_on", "ended_on") for episode in self.episodes(patient_id, program)
        )

    def died_on(self, patient_id: str) -> date | None:
        """The day of death, where it is known."""
        return self.patients.get(patient_id, {}).get("deceased_on")

    def primary_payer(self, patient_id: str, day: date) -> str | None:
        """The payer of the primary coverage: lowest rank, then latest start, then lowest id."""
        in_force = [row for row in self.of_patient("coverage", patient_id) if covers(row, day)]
        if not in_force:
            return None
        first = min(
            in_force,
            key=lambda row: (
                row["rank"] is None,
                row["rank"] or 0,
                -(row["effective_from"] or FAR_PAST).toordinal(),
                row["coverage_id"],
            ),
        )
        payer: str = first["payer_id"]
        return payer

    def policy(self, patient_id: str, day: date) -> Policy | None:
        """The policy of the primary coverage on a day."""
        return self.rules.policy(self.primary_payer(patient_id, day), day)

    def staffings(self, practitioner_id: str | None, day: date) -> list[Staffing]:
        """What someone is on a day, the largest share of a full-time post first."""
        found = [
            Staffing(
                row["team_id"],
                row["role"],
                (row["fte"] is None, -(row["fte"] or 0), row["team_id"], row["role"]),
            )
            for row in self._staffing.get(practitioner_id, [])
            if covers(row, day)
        ]
        return sorted(found, key=lambda one: one.sort_key)

    def is_staffed_as(self, practitioner_id: str | None, role: str, day: date) -> bool:
        """Whether someone holds a role on a day."""
        return any(one.role == role for one in self.staffings(practitioner_id, day))

    def team_zone(self, team_id: str | None) -> str | None:
        """The zone of a known team; a blank or unknown one of its own is the configured default."""
        if team_id is None or team_id not in self.teams:
            return None
        zone: str | None = self.teams[team_id]["time_zone"]
        return zone if zone and _is_zone(zone) else self.default_zone

    def row_zone(
        self,
        stamp: Stamp,
        *,
        patient_id: str | None,
        team_id: str | None = None,
        encounter_id: str | None = None,
        staff_id: str | None = None,
    ) -> str:
        """The zone of a row: its team's, its encounter's, its staff member's, its patient's, the default."""
        day = stamp.at.date()
        encounter = self.encounters.get(encounter_id) if encounter_id else None
        candidates = [team_id, encounter["team_id"] if encounter else None]
        candidates += [one.team_id for one in self.staffings(staff_id, day)[:1]]
        candidates += [row["team_id"] for row in self.panel(patient_id, day)[:1]]
        zones = (self.team_zone(candidate) for candidate in candidates)
        return next((zone for zone in zones if zone), self.default_zone)

    def panel(self, patient_id: str | None, day: date) -> list[Record]:
        """The panels that the patient is on, the latest first."""
        rows = [row for row in self._by_patient["panel"].get(patient_id, []) if covers(row, day)]
        return sorted(rows, key=lambda row: row["effective_from"], reverse=True)

    def encounter_zone(self, encounter: Record) -> str:
        """The zone in which an encounter's clock is read."""
        return self.row_zone(
            encounter["started_at"],
            patient_id=encounter["patient_id"],
            team_id=encounter["team_id"],
            staff_id=encounter["practitioner_id"],
        )

    def encounter_span(self, encounter: Record) -> tuple[int, int | None]:
        """First second of an encounter and the second after its last, where it has ended."""
        encounter_id = encounter["encounter_id"]
        if encounter_id not in self._spans:
            zone = self.encounter_zone(encounter)
            ended_at = encounter["ended_at"]
            end = epoch_second(ended_at, zone) if ended_at else None
            self._spans[encounter_id] = (epoch_second(encounter["started_at"], zone), end)
        return self._spans[encounter_id]

    def _refuse_scores_out_of_range(self) -> None:
        door = self.accepted["assessment"]
        for version in list(door.versions):
            score, instrument = version.values["score"], version.values["instrument"]
            row = self.rules.one("assessment_instrument", self.as_of, instrument=instrument)
            if version.is_deleted or score is None or row is None:
                continue
            low, high = row["min_score"], row["max_score"]
            if (low and score < int(low)) or (high and score > int(high)):
                door.reject("assessment", version, "out_of_range:score")


def _keyed(records: Iterable[Record], column: str) -> dict[str, Record]:
    return {record[column]: record for record in records}


def _grouped(records: Iterable[Record], column: str) -> dict[Any, list[Record]]:
    groups: dict[Any, list[Record]] = {}
    for record in records:
        groups.setdefault(record.get(column), []).append(record)
    return groups


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True
