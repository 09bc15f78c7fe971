"""Teams and staff: enough of each role for the panel and the caseload, with invented names and NPIs.

Belongs here: who works where, as what and how much; who of a role looks after whom.
Does not belong here: patients, and what staff do on a day.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample.caseload import BHI, COCM, Episodes
from orchestration.sample.days import ZONES, Window
from orchestration.sample.draws import Ints, draw
from orchestration.sample.names import FAMILY_NAMES, GIVEN_NAMES, PLACES
from orchestration.sample.people import Patients, team_count

FACILITIES = ("office", "hospital_outpatient", "fqhc", "office", "office", "office", "office", "office")
TIERS = ("low", "moderate", "high", "moderate")
TEAM_ZONES = (0, 0, 1, 1)
ROLES = ("pcp", "bhc", "care_manager", "psychiatric_consultant", "nurse", "administrator")
PCP, BHC, CARE_MANAGER, CONSULTANT, NURSE, ADMINISTRATOR = range(6)
_CREDENTIALS = ("MD", "PsyD", "LCSW", "MD", "RN", "MBA")
_HOURLY_COST_USD = (118, 58, 44, 145, 41, 36)
_PATIENTS_A_PCP = 1_100
_CASELOAD = 100
_NURSE_CASELOAD = 140
_VISITS_A_BHC_MONTH = 190
VISITS_A_BHC_DAY = 10.5
_CONSULTANT_HOURS_A_WEEK, _WEEK_HOURS = 3, 40
_TEAMS_A_CONSULTANT = 4
BEHAVIORAL_VISITS_A_MONTH = 0.18
_NPI_BASE = 199_100_000


def check_digit(first_nine: str) -> str:
    """Return the last digit of an NPI: the Luhn check digit over the prefix 80840 and the first nine."""
    total = 0
    for place, digit in enumerate(reversed("80840" + first_nine)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return str(-total % 10)


def npi_of(number: int) -> str:
    """Return an invented NPI with a right check digit."""
    first_nine = str(_NPI_BASE + number)
    return first_nine + check_digit(first_nine)


@dataclass(frozen=True)
class Member:
    """A member of the staff in one team; a consultant serves several teams and has a row for each."""

    number: int
    team: int
    role: int
    fte: float
    is_home: bool = True


@dataclass(frozen=True)
class Workforce:
    """All staff. `first` and `many` say, by role and team, where the members begin and how many they are."""

    members: tuple[Member, ...]
    first: Ints
    many: Ints
    team_of: Ints
    behavioral_days: Ints

    def member(self, role: int, team: Ints, rank: Ints) -> Ints:
        """Return the staff number that has the rank among the role's members of the team, going round."""
        number: Ints = self.first[role, team] + rank % self.many[role, team]
        return number


def _peak(episodes: Episodes, program: int, teams: int, window: Window) -> Ints:
    """Return the largest number of patients in force on a month's first or last day, by team."""
    chosen = episodes.program == program
    peak = np.zeros(teams, dtype=np.int64)
    for day in [edge for month in window.months for edge in (month.first, month.last)]:
        is_open = chosen & (episodes.starts_on <= day) & (episodes.ends_on >= day)
        peak = np.maximum(peak, np.bincount(episodes.team[is_open], minlength=teams))
    return peak


def workforce_of(patients: Patients, episodes: Episodes, window: Window) -> Workforce:
    """Return the staff that the panel and the caseload need."""
    teams = team_count(len(patients.number))
    panel = np.bincount(patients.team, minlength=teams)
    behavioral = (
        np.bincount(patients.team[patients.is_behavioral], minlength=teams) * BEHAVIORAL_VISITS_A_MONTH
    )
    peak_cocm = _peak(episodes, COCM, teams, window)
    peak_bhi = _peak(episodes, BHI, teams, window)
    loads = {
        PCP: (panel, _PATIENTS_A_PCP, 2),
        BHC: (behavioral, _VISITS_A_BHC_MONTH, 1),
        CARE_MANAGER: (peak_cocm, _CASELOAD, 1),
        NURSE: (peak_bhi, _NURSE_CASELOAD, 1),
        ADMINISTRATOR: (panel, 10**9, 1),
    }
    first = np.zeros((len(ROLES), teams), dtype=np.int64)
    many = np.ones((len(ROLES), teams), dtype=np.int64)
    members: list[Member] = []
    team_of: list[int] = []
    care_fte = np.zeros(teams)
    for team in range(teams):
        for role, (load, capacity, least) in loads.items():
            needed = max(least, int(np.ceil(load[team] / capacity)))
            share = float(load[team]) / capacity / needed
            fte = 1.0 if role == ADMINISTRATOR else float(np.clip(np.ceil(share * 20) / 20, 0.1, 1.0))
            first[role, team], many[role, team] = len(team_of), needed
            members += [Member(len(team_of) + place, team, role, fte) for place in range(needed)]
            team_of += [team] * needed
            if role == CARE_MANAGER:
                care_fte[team] = fte * needed
    for zone in range(len(ZONES)):
        served = [team for team in range(teams) if TEAM_ZONES[team % 4] == zone]
        for start in range(0, len(served), _TEAMS_A_CONSULTANT):
            number = len(team_of)
            group = served[start : start + _TEAMS_A_CONSULTANT]
            team_of.append(group[0])
            for team in group:
                first[CONSULTANT, team] = number
                fte = max(0.01, round(care_fte[team] * _CONSULTANT_HOURS_A_WEEK / _WEEK_HOURS, 3))
                members.append(Member(number, team, CONSULTANT, fte, team == group[0]))
    days = np.clip(np.round(behavioral / many[BHC] / VISITS_A_BHC_DAY), 1, 19).astype(np.int64)
    return Workforce(tuple(members), first, many, np.array(team_of, dtype=np.int64), days)


def team_rows(teams: int) -> list[dict[str, str]]:
    """Return the rows of the team feed."""
    rows = []
    for number in range(teams):
        place = PLACES[number % len(PLACES)]
        circle = "" if number < len(PLACES) else f" {number // len(PLACES) + 1}"
        rows.append(
            {
                "team_id": f"T{number:03d}",
                "team_name": f"{place}{circle} Primary Care",
                "site_id": f"S{number:03d}",
                "site_name": f"{place}{circle}",
                "time_zone": ZONES[TEAM_ZONES[number % 4]],
                "billing_tin": f"99{number // 2 + 1:07d}",
                "facility_type": FACILITIES[number % len(FACILITIES)],
                "complexity_tier": TIERS[number % len(TIERS)],
            }
        )
    return rows


def practitioner_rows(workforce: Workforce, seed: int) -> list[dict[str, str]]:
    """Return the rows of the practitioner feed, one a person."""
    people = [member for member in workforce.members if member.is_home]
    number = np.array([member.number for member in people], dtype=np.int64)
    family = np.floor(draw(seed, "staff family", number) * len(FAMILY_NAMES)).astype(int)
    given = np.floor(draw(seed, "staff given", number) * len(GIVEN_NAMES)).astype(int)
    return [
        {
            "practitioner_id": f"PR{member.number:05d}",
            "npi": npi_of(member.number),
            "family_name": FAMILY_NAMES[family[place]],
            "given_name": GIVEN_NAMES[given[place]],
            "credential": _CREDENTIALS[member.role],
        }
        for place, member in enumerate(people)
    ]


def staffing_rows(workforce: Workforce) -> list[dict[str, str]]:
    """Return the rows of the staffing feed, one a person, team and role; in force since before the window."""
    return [
        {
            "practitioner_id": f"PR{member.number:05d}",
            "team_id": f"T{member.team:03d}",
            "role": ROLES[member.role],
            "fte": f"{member.fte:g}",
            "hourly_cost_usd": f"{_HOURLY_COST_USD[member.role] + member.number % 7}.00",
            "effective_from": "2015-01-01",
            "effective_to": "",
        }
        for member in workforce.members
    ]
