"""The monthly report to a state, episode by episode and day by day.

What belongs here: the page of the state as a person would work it out. What does not: how rows are read
(``clinic``, ``intervals``), and what screens of patients who are not enrolled say (``state_screens``).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

from tests.reference.cells import Stamp, epoch_second, local_date
from tests.reference.clinic import Clinic, Record, covers
from tests.reference.intervals import Entry, read_entries
from tests.reference.rules import Row, is_true, listed

FINAL = frozenset({"final", "amended", "corrected"})


@dataclass(frozen=True)
class Score:
    """A final score, with the second at which it was taken."""

    assessment_id: str
    scale: str
    value: int
    second: int
    zone: str
    encounter_id: str | None


class Records:
    """What the clinic's records say before any state asks."""

    def __init__(self, clinic: Clinic) -> None:
        """Read the entries once."""
        self.clinic = clinic
        entries = [entry for entry in read_entries(clinic) if not entry.is_voided]
        first: dict[tuple[object, ...], tuple[object, ...]] = {}
        for entry in entries:
            first[_content(entry)] = min(first.get(_content(entry), _written(entry)), _written(entry))
        self.entries = [entry for entry in entries if _written(entry) == first[_content(entry)]]
        self._scores: dict[str, list[Score]] = {}

    def episode_day(self, episode: Record, second: int, zone: str) -> date:
        """The date of a moment on the clock of the episode's team."""
        return local_date(second, self.clinic.team_zone(episode["team_id"]) or zone)

    def counts_as(self, instrument: str, day: date) -> str:
        """The scale as which an instrument's scores are compared."""
        row = self.clinic.rules.one("assessment_instrument", day, instrument=instrument)
        return row["counts_as"] if row else instrument

    def scores(self, patient_id: str) -> list[Score]:
        """The final scores of a patient in the order in which they were taken."""
        if patient_id not in self._scores:
            self._scores[patient_id] = self._read_scores(patient_id)
        return self._scores[patient_id]

    def _read_scores(self, patient_id: str) -> list[Score]:
        found = []
        for row in self.clinic.of_patient("assessment", patient_id):
            if row["status"] in FINAL and row["score"] is not None:
                zone = self.clinic.row_zone(
                    row["taken_at"], patient_id=patient_id, encounter_id=row["encounter_id"]
                )
                second = epoch_second(row["taken_at"], zone)
                scale = self.counts_as(row["instrument"], local_date(second, zone))
                found.append(
                    Score(row["assessment_id"], scale, row["score"], second, zone, row["encounter_id"])
                )
        return sorted(
            found, key=lambda one: (local_date(one.second, one.zone), one.second, one.assessment_id)
        )

    def reviews(self, episode: Record) -> list[date]:
        """The days on which a consultant recommended something."""
        rows = self.clinic.of_patient("case_review", episode["patient_id"])
        return [
            self.episode_day(episode, *self._at(row["reviewed_at"], row))
            for row in rows
            if row["status"] != "entered-in-error" and row["recommendation"]
        ]

    def contacts(self, episode: Record) -> list[tuple[date, str | None]]:
        """Days of treatment contacts within the episode, with the activity where it was an entry."""
        patient_id = episode["patient_id"]
        found: list[tuple[date, str | None]] = []
        for entry in self.entries:
            if entry.patient_id == patient_id:
                day = self.episode_day(episode, entry.start, entry.zone)
                if self.clinic.rules.activity_flag(entry.activity_code, "is_contact", day):
                    found.append((day, entry.activity_code))
        for visit in self.clinic.of_patient("encounter", patient_id):
            if visit["service_line"] == "behavioral_health" and visit["status"] == "finished":
                second, _ = self.clinic.encounter_span(visit)
                found.append((self.episode_day(episode, second, self.clinic.encounter_zone(visit)), None))
        last = min(episode["ended_on"] or date.max, self.clinic.as_of)
        return sorted(
            (one for one in found if episode["started_on"] <= one[0] <= last),
            key=lambda one: (one[0], one[1] or ""),
        )

    def _at(self, stamp: Stamp, row: Record) -> tuple[int, str]:
        zone = self.clinic.row_zone(
            stamp, patient_id=row["patient_id"], staff_id=row["psychiatric_consultant_id"]
        )
        return epoch_second(stamp, zone), zone


@dataclass
class Treatment:
    """An episode as a state sees it."""

    records: Records
    setting: Row
    episode: Record

    @cached_property
    def contacts(self) -> list[tuple[date, str | None]]:
        """Treatment contacts in order."""
        return self.records.contacts(self.episode)

    @cached_property
    def end(self) -> date:
        """The last day, or the day on which it ended by itself: walk from contact to contact."""
        patience = timedelta(days=int(self.setting["inactivity_days"]))
        inactive: date = self.episode["started_on"] + patience
        for day, _ in self.contacts:
            if day > inactive:
                break
            inactive = day + patience
        ended: date | None = self.episode["ended_on"]
        return min(inactive, ended or date.max)

    @cached_property
    def scores(self) -> list[tuple[date, Score]]:
        """Scores from the start to the end, in order."""
        dated = [
            (self.records.episode_day(self.episode, one.second, one.zone), one)
            for one in self.records.scores(self.episode["patient_id"])
        ]
        own = [one for one in dated if self.episode["started_on"] <= one[0] <= self.end]
        own = [one for one in own if one[0] <= self.records.clinic.as_of]
        return sorted(own, key=lambda one: (one[0], one[1].second, one[1].assessment_id))

    def scale_row(self, scale: str, day: date) -> Row | None:
        """What the state says of a scale."""
        return self.records.clinic.rules.one(
            "state_report_instrument", day, state=self.setting["state"], instrument=scale
        )

    @cached_property
    def primary(self) -> list[tuple[date, Score]]:
        """The scores of the primary scale."""
        start = self.episode["started_on"]
        scale = self.episode["primary_instrument"]
        if scale:
            scale = self.records.counts_as(scale, start)
        else:
            for _, score in self.scores:
                row = self.scale_row(score.scale, start)
                if row is None or is_true(row["is_symptom_scale"]):
                    scale = score.scale
                    break
        return [one for one in self.scores if one[1].scale == scale]

    def is_enrolled(self, first: date, last: date) -> bool:
        """Whether the episode counts in a month."""
        return self.episode["started_on"] <= last and self.end >= first

    def is_covered(self, first: date) -> bool:
        """Whether a payer of a counted class covers the first day."""
        rules, classes = self.records.clinic.rules, listed(self.setting["payer_classes"])
        if not classes:
            return True
        for coverage in self.records.clinic.of_patient("coverage", self.episode["patient_id"]):
            row = rules.one("payer_policy", first, payer_id=coverage["payer_id"])
            if covers(coverage, first) and row and row["payer_class"] in classes:
                return True
        return False

    def weeks(self) -> Fraction:
        """Weeks from the first assessment, else the start, to the end."""
        code = self.setting["duration_activity_code"]
        begun = [day for day, activity in self.contacts if activity == code and day <= self.end]
        return Fraction((self.end - min(begun, default=self.episode["started_on"])).days, 7)

    def has_contact_and_scale(self, first: date, last: date) -> bool:
        """Whether the month has both, before the end."""
        low, high = max(first, self.episode["started_on"]), min(last, self.end)
        rows = [self.scale_row(score.scale, first) for day, score in self.scores if low <= day <= high]
        has_scale = any(row is not None and is_true(row["is_symptom_scale"]) for row in rows)
        return has_scale and any(low <= day <= high for day, _ in self.contacts)

    def is_due(self, first: date, last: date) -> bool:
        """Long enough in treatment, with an elevated baseline."""
        high = min(last, self.end)
        days = (high - self.episode["started_on"]).days
        scores = [score for day, score in self.primary if day <= high]
        if days < int(self.setting["improved_min_days"]) or not scores:
            return False
        row = self.scale_row(scores[0].scale, first)
        cut = row["elevated_at_least"] if row else ""
        return bool(cut) and scores[0].value >= int(cut)

    def is_improved(self, first: date, last: date) -> bool:
        """Whether the latest score after the baseline is better enough."""
        scores = [score.value for day, score in self.primary if day <= min(last, self.end)]
        row = self.scale_row(self.primary[0][1].scale, first) if self.primary else None
        if len(scores) < 2 or row is None:
            return False
        baseline, latest = scores[0], scores[-1]
        fell = baseline - latest
        part, points, below = (row[f"improved_{how}"] for how in ("fraction", "points", "below"))
        return (
            (bool(part) and fell > 0 and Fraction(fell) >= Fraction(part) * baseline)
            or (bool(points) and fell >= int(points))
            or (bool(below) and latest < int(below))
        )

    def is_in_remission(self, first: date, last: date) -> bool:
        """Whether the latest primary score dated in the month is below the cut."""
        dated = [score for day, score in self.primary if first <= day <= last]
        row = self.scale_row(dated[-1].scale, first) if dated else None
        cut = row["remission_below"] if row else ""
        return bool(cut) and dated[-1].value < int(cut)

    def is_reviewed(self, last: date) -> bool:
        """Whether a review with a recommendation lies in the days to the end of the month."""
        low = last - timedelta(days=int(self.setting["review_days"]) - 1)
        return any(low <= day <= last for day in self.records.reviews(self.episode))


def _content(entry: Entry) -> tuple[Any, ...]:
    return (entry.patient_id, entry.staff_id, entry.activity_code, entry.start, entry.end)


def _written(entry: Entry) -> tuple[Any, ...]:
    second = entry.documented_second
    return (second is None, second or 0, entry.entry_id)
