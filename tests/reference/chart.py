"""One patient's chart as the quality measures read it: what happened, under which codes, on which days.

What belongs here: records of the feeds with their codes looked up in the value sets. What does not: what a
measure makes of them (``screening`` and ``remission``).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from tests.reference.cells import Stamp, epoch_second, local_date
from tests.reference.clinic import FAR_FUTURE, FAR_PAST, Clinic, Record

CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
INSTRUMENT = "instrument"
FINAL = frozenset({"final", "amended", "corrected"})
ACTIVE = frozenset({"active", "recurrence", "relapse"})

Codes = frozenset[str]


@dataclass(frozen=True)
class Visit:
    """An encounter; ``sets`` are the value sets that list one of its codes."""

    sets: Codes
    status: str
    start: int
    started_on: date
    ended_on: date
    discharge: str | None


@dataclass(frozen=True)
class Diagnosis:
    """A condition and the days on which it prevails."""

    sets: Codes
    verification: str | None
    clinical: str | None
    category: str | None
    first: date
    last: date

    @property
    def is_confirmed_active(self) -> bool:
        """Confirmed and active, in so many words."""
        return self.verification == "confirmed" and self.clinical in ACTIVE

    def prevails_in(self, first: date, last: date) -> bool:
        """Whether it prevails on a day of a stretch."""
        return self.first <= last and self.last >= first


@dataclass(frozen=True)
class Score:
    """A valid score; ``order`` sorts scores of one day."""

    instrument: str
    score: int
    day: date
    order: tuple[int, str]


@dataclass(frozen=True)
class Event:
    """Something coded that was found, done or ordered, from its first to its last local day."""

    sets: Codes
    status: str
    second: int
    day: date
    last_day: date
    value: str | None = None
    has_value: bool = False
    intent: str | None = None
    is_forbidden: bool = False
    event_id: str = ""


class Codebook:
    """The value sets in force on a day, by code."""

    def __init__(self, clinic: Clinic) -> None:
        """Read the seed."""
        self._sets: dict[tuple[str, str], set[str]] = {}
        for row in clinic.rules.rows("value_set", clinic.as_of):
            bare = row["code"].replace(".", "") if row["code_system"] == ICD10 else row["code"]
            self._sets.setdefault((row["code_system"], bare), set()).add(row["value_set"])

    def sets(self, system: str | None, code: str | None) -> Codes:
        """The value sets that list a code."""
        return frozenset(self._sets.get((system or "", code or ""), ()))

    def sets_of_pair(self, pair: str | None) -> Codes:
        """The same for a code written as system|code."""
        system, _, code = (pair or "").rpartition("|")
        return self.sets(system, code)


class Chart:
    """All that the measures read of one patient."""

    def __init__(self, clinic: Clinic, codebook: Codebook, patient: Record) -> None:
        """Keep what the properties read."""
        self.clinic = clinic
        self.codebook = codebook
        self.patient_id: str = patient["patient_id"]
        self.birth_date: date | None = patient["birth_date"]
        self.deceased_on: date | None = patient["deceased_on"]

    def age_on(self, day: date) -> int | None:
        """Completed years of life."""
        if self.birth_date is None:
            return None
        had_birthday = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - (0 if had_birthday else 1)

    @cached_property
    def visits(self) -> list[Visit]:
        """The patient's encounters."""
        found = []
        for row in self.clinic.of_patient("encounter", self.patient_id):
            zone = self.clinic.encounter_zone(row)
            start, end = self.clinic.encounter_span(row)
            pairs = (row["type_codes"] or "").split(";")
            billed = (row["billing_codes"] or "").split(";")
            sets = frozenset[str]().union(
                *(self.codebook.sets_of_pair(pair) for pair in pairs),
                *(self.codebook.sets(system, code) for code in billed for system in (CPT, HCPCS)),
            )
            first = local_date(start, zone)
            last = first if end is None else local_date(end, zone)
            found.append(Visit(sets, row["status"], start, first, last, row["discharge_disposition"]))
        return found

    @cached_property
    def diagnoses(self) -> list[Diagnosis]:
        """The patient's conditions, without those that were refuted or entered in error."""
        found = []
        for row in self.clinic.of_patient("condition", self.patient_id):
            if row["verification_status"] in {"refuted", "entered-in-error"}:
                continue
            bare = (row["icd10_code"] or "").replace(".", "").upper()
            sets = self.codebook.sets(SNOMED, row["snomed_code"]) | self.codebook.sets(ICD10, bare)
            first = row["onset_on"] or row["recorded_on"] or FAR_PAST
            last = row["abated_on"] or FAR_FUTURE
            found.append(
                Diagnosis(
                    sets, row["verification_status"], row["clinical_status"], row["category"], first, last
                )
            )
        return found

    @cached_property
    def assessments(self) -> list[tuple[Record, int, date]]:
        """The patient's assessments, each with its second and local day."""
        rows = self.clinic.of_patient("assessment", self.patient_id)
        return [(row, *self._moment(row, "taken_at")) for row in rows]

    @cached_property
    def depression_scores(self) -> list[Score]:
        """Valid scores of the tools that the remission measures name, in order of time."""
        found = [
            Score(row["instrument"], row["score"], day, (second, row["assessment_id"]))
            for row, second, day in self.assessments
            if row["score"] is not None
            and row["status"] in FINAL
            and day <= self.clinic.as_of
            and "PHQ 9 and PHQ 9M Tools" in self.codebook.sets(INSTRUMENT, row["instrument"])
        ]
        return sorted(found, key=lambda score: score.order)

    @cached_property
    def findings(self) -> list[Event]:
        """The patient's coded observations."""
        found = []
        for row in self.clinic.of_patient("observation", self.patient_id):
            second, day = self._moment(row, "observed_at")
            sets = self.codebook.sets(row["code_system"], row["code"])
            has_value = row["value_code"] is not None or row["value_number"] is not None
            found.append(
                Event(
                    sets,
                    row["status"],
                    second,
                    day,
                    day,
                    row["value_code"],
                    has_value,
                    event_id=row["observation_id"],
                )
            )
        return found

    @cached_property
    def procedures(self) -> list[Event]:
        """The patient's procedures."""
        found = []
        for row in self.clinic.of_patient("procedure", self.patient_id):
            second, day = self._moment(row, "performed_at", staff_id=row["practitioner_id"])
            last = day
            if row["ended_at"]:
                zone = self._zone(row, "performed_at", staff_id=row["practitioner_id"])
                last = local_date(epoch_second(row["ended_at"], zone), zone)
            sets = self.codebook.sets(row["code_system"], row["code"])
            found.append(Event(sets, row["status"], second, day, last))
        return found

    @cached_property
    def medications(self) -> list[Event]:
        """The patient's medication orders."""
        return list(self._orders("medication_order"))

    @cached_property
    def referrals(self) -> list[Event]:
        """The patient's referrals and other requests."""
        return list(self._orders("referral"))

    def _orders(self, feed: str) -> Iterator[Event]:
        for row in self.clinic.of_patient(feed, self.patient_id):
            if feed == "referral":
                zone = self.clinic.row_zone(
                    row["authored_at"],
                    patient_id=self.patient_id,
                    team_id=row["team_id"],
                    staff_id=row["referrer_id"],
                )
                second = epoch_second(row["authored_at"], zone)
                day = local_date(second, zone)
                sets = self.codebook.sets_of_pair(row["service_code"])
            else:
                second, day = self._moment(row, "authored_at")
                sets = self.codebook.sets(row["code_system"], row["code"])
            yield Event(
                sets,
                row["status"],
                second,
                day,
                day,
                intent=row["intent"],
                is_forbidden=bool(row["do_not_perform"]),
            )

    def _zone(self, row: Record, column: str, staff_id: str | None = None) -> str:
        stamp: Stamp = row[column]
        return self.clinic.row_zone(
            stamp, patient_id=self.patient_id, encounter_id=row["encounter_id"], staff_id=staff_id
        )

    def _moment(self, row: Record, column: str, staff_id: str | None = None) -> tuple[int, date]:
        zone = self._zone(row, column, staff_id)
        second = epoch_second(row[column], zone)
        return second, local_date(second, zone)


def any_in(events: Iterable[Event], first: date, last: date) -> bool:
    """Whether one of the events touches a day of a stretch."""
    return any(event.day <= last and event.last_day >= first for event in events)
