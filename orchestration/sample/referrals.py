"""Referrals from primary care visits to behavioral health: who sends whom, and who comes.

Belongs here: referrals as arrays. Providers differ in how readily they refer, patients in how much they need.
Does not belong here: visits (`visits.py`), and the referral of an enrolment (`feeds_care.py`).
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample.days import DAY_SECONDS, NO_DAY, Month
from orchestration.sample.draws import Bools, Ints, between, draw, pick
from orchestration.sample.people import Patients
from orchestration.sample.workforce import BHC, Workforce

METHODS = ("warm_handoff", "order", "self")
_WARM_HANDOFF = 0
_ORDER_OR_SELF = [0.92, 0.08]
_NEEDY_SHARE, _OTHERS_SHARE = 0.30, 0.03
_LEAST_READY, _MOST_READY = 0.35, 1.65
_COMES_SHARE = 0.8
_ON_THE_SPOT_SHARE = 0.45
_COMES_WITHIN_DAYS = 14
_LATE_SHARE = 0.18
_NEVER = 2**31


@dataclass(frozen=True)
class Referrals:
    """One element a referral; `comes_on` is the day of the talk that followed, or NO_DAY."""

    sequence: Ints
    patient: Ints
    pcp: Ints
    team: Ints
    method: Ints
    authored_at: Ints
    talker: Ints
    comes_on: Ints

    @property
    def comes(self) -> Bools:
        """Which patients came."""
        came: Bools = self.comes_on != NO_DAY
        return came

    @property
    def is_handoff(self) -> Bools:
        """Which patients were brought over on the spot."""
        warm: Bools = self.method == _WARM_HANDOFF
        return warm


def referrals_of(
    patients: Patients,
    workforce: Workforce,
    clinic: Ints,
    month: Month,
    seed: int,
    seen: tuple[Ints, Ints, Ints, Ints],
) -> Referrals:
    """Return the month's referrals of visits.

    Args:
        patients: the panel.
        workforce: the staff.
        clinic: the clinic days of each member of the staff, -1 where there are fewer.
        month: the month; nobody is sent or comes after it.
        seed: the sample's seed.
        seen: of each visit its number in the month, patient, doctor and day.
    """
    key = np.full(1, month.ordinal)
    visit, patient, pcp, day = seen
    ready = _LEAST_READY + (_MOST_READY - _LEAST_READY) * draw(seed, "refers readily", pcp)
    need = np.where(patients.is_behavioral[patient], _NEEDY_SHARE, _OTHERS_SHARE)
    sent = np.flatnonzero(draw(seed, "refers", key, visit) < need * ready)
    visit, patient, pcp, day = visit[sent], patient[sent], pcp[sent], day[sent]
    team = patients.team[patient]

    number = np.arange(len(sent), dtype=np.int64)
    talker = workforce.member(BHC, team, number)
    waits = draw(seed, "waits", key, visit)
    wait = np.where(waits < _ON_THE_SPOT_SHARE, 0, between(waits, 1, 6))
    days = clinic[talker]
    fits = (days >= (day + wait)[:, None]) & (days <= (day + _COMES_WITHIN_DAYS)[:, None])
    soonest = np.where(fits, days, _NEVER).min(axis=1, initial=_NEVER)
    comes = (soonest < _NEVER) & (draw(seed, "comes", key, visit) < _COMES_SHARE)
    comes_on = np.where(comes, soonest, NO_DAY)

    how = draw(seed, "sent how", key, visit)
    late = np.where(how < _LATE_SHARE, between(how / _LATE_SHARE, 1, 12), 0)
    authored_on = np.minimum(day + late, np.where(comes, soonest, month.last))
    return Referrals(
        sequence=visit,
        patient=patient,
        pcp=pcp,
        team=team,
        method=np.where(comes_on == day, _WARM_HANDOFF, 1 + pick(how * 53 % 1, _ORDER_OR_SELF)),
        authored_at=authored_on * DAY_SECONDS + 12 * 3600 + between(how * 31 % 1, 0, 290) * 60,
        talker=talker,
        comes_on=comes_on.astype(np.int64),
    )
