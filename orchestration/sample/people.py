"""Panel patients: who they are, whose they are, who pays, and how often they come.

Belongs here: patients as arrays, one element a patient.
Does not belong here: staff (`workforce.py`), enrolment (`caseload.py`).
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample.days import NO_DAY, Window
from orchestration.sample.draws import Bools, Floats, Ints, bell, draw, pick

PAYERS = ("medicare", "medicaid_nc", "medicaid_tx", "strict_example", "bluegrove_commercial")
MEDICARE, MEDICAID_NC, MEDICAID_TX, STRICT, COMMERCIAL = range(5)
UNINSURED = -1
SEXES = ("female", "male", "other", "unknown")
YEAR_DAYS = 365.25

# Shares of a large panel; a small clinic shows more of its behavioral side, so that a demonstration has
# something in every list: share = large + boost / patients, at most the cap.
_CARE_SHARE, _CARE_BOOST, _CARE_CAP = 0.0465, 130.0, 0.30
_BEHAVIORAL_SHARE, _BEHAVIORAL_BOOST, _BEHAVIORAL_CAP = 0.13, 130.0, 0.36
_DEATHS_A_YEAR = 0.006
_SECONDARY_SHARE = 0.10
_PAYER_CHANGE_SHARE = 0.03
_PATIENTS_A_TEAM = 8_000
_FEWEST_TEAMS = 4


def team_count(patients: int) -> int:
    """Return how many teams look after so many patients; whole pairs, since teams of a pair share a zone."""
    return 2 * max(_FEWEST_TEAMS // 2, -(-patients // (2 * _PATIENTS_A_TEAM)))


def team_zone(team: Ints) -> Ints:
    """Return the zone's number of each team: pairs alternate between the two zones."""
    return (team // 2) % 2


def _share(patients: int, large: float, boost: float, cap: float) -> float:
    return min(cap, large + boost / patients)


@dataclass(frozen=True)
class Patients:
    """One element a patient; days are day numbers, `uniform_pcp` places a patient with one of the doctors."""

    number: Ints
    team: Ints
    born: Ints
    sex: Ints
    payer: Ints
    later_payer: Ints
    payer_changes_on: Ints
    secondary_payer: Ints
    dies_on: Ints
    frailty: Floats
    uniform_pcp: Floats
    is_care_managed: Bools
    is_behavioral: Bools

    def payer_on(self, patients: Ints, days: Ints) -> Ints:
        """Return the primary payer of patients on days."""
        changes = self.payer_changes_on[patients]
        is_later = (changes != NO_DAY) & (days >= changes)
        return np.where(is_later, self.later_payer[patients], self.payer[patients]).astype(np.int64)

    def age_on(self, patients: Ints, day: int) -> Floats:
        """Return ages in years."""
        return (day - self.born[patients]) / YEAR_DAYS


def _payers(seed: int, number: Ints, age: Floats, zone: Ints) -> Ints:
    medicaid = np.where(zone == 0, MEDICAID_NC, MEDICAID_TX)
    uniform = draw(seed, "payer", number)
    young = pick(uniform, [0.05, 0.44, 0.28, 0.20, 0.03])
    old = pick(uniform, [0.86, 0.04, 0.02, 0.07, 0.01])
    kind = np.where(age >= 65, old, young)
    return np.select(
        [kind == 0, kind == 1, kind == 2, kind == 3], [MEDICARE, medicaid, STRICT, COMMERCIAL], UNINSURED
    )


def patients_of(count: int, seed: int, window: Window) -> Patients:
    """Return the panel: `count` patients, drawn one by one from the seed and their number."""
    number = np.arange(count, dtype=np.int64)
    team = np.floor(draw(seed, "team", number) * team_count(count)).astype(np.int64)
    generation = pick(draw(seed, "generation", number), [0.08, 0.37, 0.30, 0.25])
    low, high = np.array([12, 19, 45, 65]), np.array([19, 45, 65, 92])
    age = low[generation] + draw(seed, "age", number) * (high - low)[generation]
    born = (window.start - age * YEAR_DAYS).astype(np.int64)
    payer = _payers(seed, number, age, team_zone(team))

    care = _share(count, _CARE_SHARE, _CARE_BOOST, _CARE_CAP)
    behavioral = _share(count, _BEHAVIORAL_SHARE, _BEHAVIORAL_BOOST, _BEHAVIORAL_CAP)
    uniform = draw(seed, "need", number)
    is_care_managed = uniform < care
    is_behavioral = (uniform >= care * 0.7) & (uniform < care * 0.7 + behavioral)

    # A change of payer takes effect on the first of a month, as open enrolment does.
    changing = (draw(seed, "payer changes", number) < _PAYER_CHANGE_SHARE) & (payer != UNINSURED)
    inner = np.array([month.first for month in window.months[1:]], dtype=np.int64)
    change_index = np.floor(draw(seed, "payer change month", number) * len(inner)).astype(np.int64)
    changes_on = np.where(changing, inner[change_index], NO_DAY)
    later = np.where(payer == COMMERCIAL, STRICT, COMMERCIAL)
    has_secondary = (payer == MEDICARE) & (draw(seed, "secondary", number) < _SECONDARY_SHARE)
    secondary = np.where(has_secondary, np.where(team_zone(team) == 0, MEDICAID_NC, MEDICAID_TX), UNINSURED)

    days = window.as_of - window.start + 1
    dies = (draw(seed, "dies", number) < _DEATHS_A_YEAR * days / YEAR_DAYS) & ~is_care_managed
    dies_on = window.start + np.floor(draw(seed, "dies on", number) * days).astype(np.int64)
    return Patients(
        number=number,
        team=team,
        born=born,
        sex=pick(draw(seed, "sex", number), [0.545, 0.44, 0.01, 0.005]),
        payer=payer.astype(np.int64),
        later_payer=later.astype(np.int64),
        payer_changes_on=changes_on.astype(np.int64),
        secondary_payer=secondary.astype(np.int64),
        dies_on=np.where(dies, dies_on, NO_DAY).astype(np.int64),
        frailty=np.clip(0.6 + age / 110 + 0.25 * bell(seed, "frailty", number), 0.3, 2.0),
        uniform_pcp=draw(seed, "pcp", number),
        is_care_managed=is_care_managed,
        is_behavioral=is_behavioral,
    )
