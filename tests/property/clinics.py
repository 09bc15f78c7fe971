"""A small clinic with everything that goes wrong in one: teams, people, insurance, programs.

What belongs here: who is there and in what. What does not: the time entries and claims (``work``).
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from tests.property.choices import Choices
from tests.property.seasons import ZONES, Season, written
from tests.support.landing import Cells

T = TypeVar("T")
PAYERS = ("strict_example", "acme", "medicaid_nc", "medicaid_tx", "medicaid_mi")
ROLES = ("care_manager", "nurse", "pcp", "psychiatric_consultant", "bhc", "other")
# What each of the four people usually is; a clinic's helpers lean on this order.
POSTS = ("care_manager", "care_manager", "pcp", "psychiatric_consultant")
MESS = (30, 0, 100)


# Rows by feed, delivery date and file.
Batches = dict[tuple[str, date, str], list[Cells]]


@dataclass
class Clinic:
    """Rows of the feeds in the making; every id begins with the clinic's name."""

    name: str
    season: Season
    choices: Choices
    zone: str
    mess: int
    busiest: date
    rows: Batches = field(default_factory=dict)
    teams: list[str] = field(default_factory=list)
    staff: list[str] = field(default_factory=list)
    patients: list[str] = field(default_factory=list)

    def id(self, text: str) -> str:
        """An id of this clinic."""
        return f"{self.name}-{text}"

    def odd(self, percent: int) -> bool:
        """Something odd, the more often the messier the clinic is."""
        return self.choices.chance(percent * self.mess // 100)

    def usually(self, plain: T, percent: int, *odd: T) -> T:
        """The plain value, or seldom an odd one."""
        return self.choices.one(odd) if self.odd(percent) else plain

    def add(self, feed: str, **cells: str) -> None:
        """Deliver a row on some day up to the business date; time entries in one of two files."""
        is_entry = feed == "care_activity"
        day = self.season.as_of - timedelta(
            days=self.choices.one((160, 40, 1, 0) if is_entry else (160, 160, 40, 0))
        )
        name = self.choices.one(("a.csv", "b.csv")) if is_entry else "a.csv"
        self.rows.setdefault((feed, day, name), []).append(cells)

    def bound(self) -> str:
        """A day on which something begins or ends."""
        return self.season.bound(self.choices).isoformat()

    def moment(self, day: date | None = None) -> str:
        """A moment of a working day; half of all are of the clinic's busiest day."""
        if day is None:
            day = self.busiest if self.choices.chance(50) else self.season.day(self.choices)
        return written(self.choices, day, self.zone)


def open_clinic(name: str, season: Season, choices: Choices) -> Clinic:
    """Teams, staff and patients with what surrounds them."""
    zone, mess, busiest = choices.one(ZONES), choices.one(MESS), choices.one(season.busy)
    clinic = Clinic(name, season, choices, zone, mess, busiest)
    _add_teams(clinic)
    _add_staff(clinic)
    for number in range(choices.number(1, 3)):
        _add_patient(clinic, clinic.id(f"p{number}"))
    return clinic


def _add_teams(clinic: Clinic) -> None:
    choices = clinic.choices
    for number in range(choices.number(1, 2)):
        team = clinic.id(f"t{number}")
        clinic.teams.append(team)
        clinic.add(
            "team",
            team_id=team,
            team_name="A team",
            time_zone=clinic.zone if number == 0 else clinic.usually(clinic.zone, 50, *ZONES, ""),
            facility_type=choices.one(("office", "office", "hospital_outpatient", "fqhc", "rhc", "")),
        )


def _add_staff(clinic: Clinic) -> None:
    for number, post in enumerate(POSTS):
        person = clinic.id(f"s{number}")
        clinic.staff.append(person)
        if not clinic.odd(4):
            npi = clinic.usually("1234567893", 30, "1245319599", "1234567890", "123456789", "")
            clinic.add("practitioner", practitioner_id=person, npi=npi)
        is_steady = not clinic.odd(20)
        clinic.add(
            "staffing",
            practitioner_id=person,
            team_id=clinic.choices.one(clinic.teams),
            role=post,
            fte=clinic.choices.one(("1.0", "0.5", "")),
            effective_from="" if is_steady else clinic.bound(),
            effective_to="" if is_steady else clinic.usually("", 100, "", clinic.bound()),
        )
        if clinic.odd(40):
            clinic.add(
                "staffing",
                practitioner_id=person,
                team_id=clinic.choices.one(clinic.teams),
                role=clinic.choices.one(ROLES),
                fte=clinic.choices.one(("0.5", "1.0", "")),
                effective_from=clinic.bound(),
                effective_to=clinic.usually("", 50, clinic.bound()),
            )


def _add_patient(clinic: Clinic, patient: str) -> None:
    clinic.patients.append(patient)
    if not clinic.odd(4):
        clinic.add(
            "patient",
            patient_id=patient,
            birth_date=clinic.choices.one(("1980-02-29", "2014-03-31", "2013-11-30", "")),
            deceased_on=clinic.usually("", 12, clinic.bound()),
        )
    if clinic.choices.chance(60):
        team = clinic.choices.one(clinic.teams)
        clinic.add("panel", patient_id=patient, team_id=team, effective_from="2023-01-01")
    for number in range(clinic.choices.number(1, 2)):
        _add_coverage(clinic, patient, number)
    program = clinic.choices.one(("cocm", "cocm", "bhi"))
    changes_program = program == "cocm" and clinic.choices.chance(20)
    _add_episode(clinic, patient, 0, program, is_steady=not (changes_program or clinic.odd(40)))
    for number in range(
        1, clinic.choices.one((2, 2, 3)) if changes_program else clinic.choices.one((1, 2, 3))
    ):
        other = "bhi" if changes_program else clinic.choices.one(("apcm", "cocm", "bhi", "pcbh"))
        _add_episode(clinic, patient, number, other, is_steady=changes_program or not clinic.odd(70))
    for number, consented in enumerate(("cocm", "bhi", program)):
        if number < 2 or clinic.odd(30):
            _add_consent(clinic, patient, consented, number)
    for number in range(clinic.choices.one((1, 1, 2, 0))):
        _add_condition(clinic, patient, number)


def _add_coverage(clinic: Clinic, patient: str, number: int) -> None:
    clinic.add(
        "coverage",
        coverage_id=f"{patient}-v{number}",
        patient_id=patient,
        payer_id="medicare" if clinic.choices.chance(60) else clinic.choices.one(PAYERS),
        rank=clinic.usually(str(number + 1), 40, "1", "2", ""),
        effective_from=clinic.usually("", 30, clinic.bound()),
        effective_to=clinic.usually("", 25, clinic.bound()),
    )


def _add_episode(clinic: Clinic, patient: str, number: int, program: str, *, is_steady: bool) -> None:
    no_team = clinic.id("no-team")
    clinic.add(
        "episode",
        episode_id=f"{patient}-e{number}",
        patient_id=patient,
        program=program,
        team_id=clinic.usually(clinic.choices.one(clinic.teams), 15, "", no_team),
        care_manager_id=clinic.choices.one(clinic.staff[:2]),
        billing_practitioner_id=clinic.usually(clinic.staff[2], 25, *clinic.staff, ""),
        started_on=clinic.season.earlier[0].isoformat() if is_steady else clinic.bound(),
        ended_on="" if is_steady else clinic.usually(clinic.bound(), 40, ""),
        status=clinic.usually("active", 15, "finished", "onhold", "planned", "cancelled"),
    )


def _add_consent(clinic: Clinic, patient: str, program: str, number: int) -> None:
    clinic.add(
        "consent",
        consent_id=f"{patient}-k{number}",
        patient_id=patient,
        program=program,
        granted_at=clinic.moment(None if clinic.odd(25) else date(2023, 6, 1)),
        revoked_at=clinic.usually("", 25, clinic.moment()),
        recorded_by=clinic.choices.one((clinic.staff[0], "")),
        status=clinic.usually("active", 20, "inactive", "rejected"),
    )


def _add_condition(clinic: Clinic, patient: str, number: int) -> None:
    has_code = not clinic.odd(15)
    code = clinic.usually("F32.1", 40, "F99", "F0150", "R45.851", "Z99.9")
    clinic.add(
        "condition",
        condition_id=f"{patient}-d{number}",
        patient_id=patient,
        icd10_code=code if has_code else "",
        snomed_code="" if has_code else clinic.choices.one(("162004", "44054006")),
        verification_status=clinic.usually("confirmed", 20, "", "refuted"),
        recorded_on=clinic.usually("", 30, clinic.bound()),
        onset_on=clinic.usually("", 30, clinic.bound()),
        abated_on=clinic.usually("", 25, clinic.bound()),
        clinical_status=clinic.usually("active", 30, "resolved", "remission", ""),
    )
