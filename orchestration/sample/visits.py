"""Appointments and encounters of a month: primary care, behavioral visits, warm handoffs, emergencies, stays.

Belongs here: who comes when to whom, in local time of the patient's team, in hindsight.
Does not belong here: what of it is known on a day (`feeds_clinic.py`) and scores taken at it (`scores.py`).
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample.days import DAY_SECONDS, NO_DAY, Month
from orchestration.sample.draws import Bools, Ints, between, draw, pick, rank_within
from orchestration.sample.people import Patients
from orchestration.sample.referrals import Referrals, referrals_of
from orchestration.sample.workforce import BEHAVIORAL_VISITS_A_MONTH, BHC, Workforce

PRIMARY, BEHAVIORAL, HANDOFF, EMERGENCY, INPATIENT = range(5)
_PRIMARY_A_MONTH = 0.44
_EMERGENCY_A_MONTH, _STAY_A_MONTH = 0.012, 0.002
_PRIMARY_MINUTES, _BEHAVIORAL_MINUTES = 20, 30
_OPENS = 8 * 3600
_MOST_PRIMARY, MOST_BEHAVIORAL = 30, 18
FULFILLED, CANCELLED, NOSHOW = range(3)
_OUTCOMES = [0.80, 0.115, 0.085]
_FIRST_TALK_SHARE = 0.35
PRIMARY_CODES = ("99213", "99214", "99212", "99395", "G0439", "99203")
BEHAVIORAL_CODES = ("90832", "90834", "96158", "96156", "90791", "")


@dataclass(frozen=True)
class Visits:
    """One element a visit or missed visit; times in local seconds of the patient's team.

    `sequence` numbers the month's visits, `referrals` are those that they led to; `lead_days` is how long
    before the day it was booked; `slot` is the place in the practitioner's day; a handoff, an emergency and
    a stay are not booked.
    """

    sequence: Ints
    patient: Ints
    kind: Ints
    staff: Ints
    team: Ints
    day: Ints
    slot: Ints
    starts_at: Ints
    ends_at: Ints
    outcome: Ints
    lead_days: Ints
    code: Ints
    modality: Ints
    is_first: Bools
    referrals: Referrals

    @property
    def is_booked(self) -> Bools:
        """Which visits have an appointment."""
        booked: Bools = self.kind <= BEHAVIORAL
        return booked

    @property
    def took_place(self) -> Bools:
        """Which visits have an encounter."""
        present: Bools = (self.kind > BEHAVIORAL) | (self.outcome == FULFILLED)
        return present


def behavioral_days(workforce: Workforce, month: Month, seed: int) -> Ints:
    """Return the month's clinic days of each behavioral consultant: staff x day, -1 where there are fewer."""
    workdays = month.workdays
    staff = np.arange(len(workforce.team_of), dtype=np.int64)
    order = np.argsort(draw(seed, "clinic day", staff[:, None], workdays), axis=1, kind="stable")
    wanted = workforce.behavioral_days[workforce.team_of]
    chosen = np.where(np.arange(len(workdays)) < wanted[:, None], workdays[order], -1)
    return chosen.astype(np.int64)


def _who_comes(patients: Patients, month: Month, seed: int, admissible: Bools) -> tuple[Ints, Ints]:
    """Return patients and kinds of the month's visits."""
    number = patients.number
    key = np.full(1, month.ordinal)
    intensity = _PRIMARY_A_MONTH * patients.frailty / 1.05
    uniform = draw(seed, "primary", number, key)
    first = number[uniform < intensity * 0.85]
    second = number[uniform < intensity * 0.15]
    talks = patients.is_behavioral & (draw(seed, "behavioral", number, key) < BEHAVIORAL_VISITS_A_MONTH)
    is_handoff = draw(seed, "handoff", number, key) < 0.46
    emergency = number[draw(seed, "emergency", number, key) < _EMERGENCY_A_MONTH * patients.frailty]
    stay = number[(draw(seed, "stay", number, key) < _STAY_A_MONTH * patients.frailty) & admissible]
    parts = [first, second, number[talks & ~is_handoff], number[talks & is_handoff], emergency, stay]
    kinds = [PRIMARY, PRIMARY, BEHAVIORAL, HANDOFF, EMERGENCY, INPATIENT]
    kind = np.concatenate([np.full(len(part), kind) for part, kind in zip(parts, kinds, strict=True)])
    return np.concatenate(parts), kind.astype(np.int64)


def visits_of(
    patients: Patients, workforce: Workforce, pcp: Ints, month: Month, seed: int, admissible: Bools
) -> Visits:
    """Return the month's visits, the same whatever is known of them yet.

    Args:
        patients: the panel.
        workforce: the staff.
        pcp: the staff number of each patient's doctor.
        month: the month.
        seed: the sample's seed.
        admissible: which patients may have an inpatient stay; those under care management have none.
    """
    patient, kind = _who_comes(patients, month, seed, admissible)
    sequence = np.arange(len(patient), dtype=np.int64)
    key = np.full(1, month.ordinal)
    uniform = draw(seed, "visit day", key, sequence)
    team = patients.team[patient]
    is_talk = (kind == BEHAVIORAL) | (kind == HANDOFF)
    # One handoff in twelve goes by video to the consultant of the pair's other team.
    is_remote = (kind == HANDOFF) & (draw(seed, "remote", key, sequence) < 0.085)
    talk_team = np.where(is_remote, team ^ 1, team)
    talker = workforce.member(BHC, talk_team, (uniform * 7919).astype(np.int64))
    staff = np.where(is_talk, talker, np.where(kind == PRIMARY, pcp[patient], -1))

    workdays, clinic = month.workdays, behavioral_days(workforce, month, seed)
    talk_days = workforce.behavioral_days[talk_team]
    any_day = month.first + np.floor(uniform * (month.last - month.first + 1)).astype(np.int64)
    work_day = workdays[np.floor(uniform * len(workdays)).astype(np.int64)]
    talk_day = clinic[np.where(is_talk, talker, 0), np.floor(uniform * talk_days).astype(np.int64)]
    day = np.where(is_talk, talk_day, np.where(kind == PRIMARY, work_day, any_day))
    dies_on = patients.dies_on[patient]
    lives = (dies_on == NO_DAY) | (day < dies_on - 7)
    outcome = pick(draw(seed, "outcome", key, sequence), _OUTCOMES)
    sends = lives & (kind == PRIMARY) & (outcome == FULFILLED) & admissible[patient]
    seen = tuple(values[sends] for values in (sequence, patient, staff, day))
    referrals = referrals_of(patients, workforce, clinic, month, seed, seen)

    # Whom a referral brings stands behind all others, so that their numbers do not depend on it.
    comes = referrals.comes
    patient = np.concatenate([patient, referrals.patient[comes]])
    kind = np.concatenate([kind, np.where(referrals.is_handoff[comes], HANDOFF, BEHAVIORAL)])
    staff = np.concatenate([staff, referrals.talker[comes]])
    team = np.concatenate([team, referrals.team[comes]])
    day = np.concatenate([day, referrals.comes_on[comes]])
    is_sent = np.arange(len(patient)) >= len(sequence)
    lives = np.concatenate([lives, np.ones(len(patient) - len(lives), dtype=bool)])
    is_remote = np.concatenate([is_remote, np.zeros(len(patient) - len(is_remote), dtype=bool)])
    sequence = np.arange(len(patient), dtype=np.int64)
    uniform = draw(seed, "visit day", key, sequence)
    outcome = pick(draw(seed, "outcome", key, sequence), _OUTCOMES)
    is_talk, is_clinic = (kind == BEHAVIORAL) | (kind == HANDOFF), kind <= HANDOFF

    shuffle = draw(seed, "visit order", key, sequence)
    order = np.lexsort((shuffle, day, staff))
    slot = np.empty(len(patient), dtype=np.int64)
    slot[order] = rank_within(staff[order] * 100_000 + day[order])
    most = np.where(is_talk, MOST_BEHAVIORAL, _MOST_PRIMARY)
    fits = lives & ((slot < most) | ~is_clinic)
    minutes = np.where(is_talk, _BEHAVIORAL_MINUTES, _PRIMARY_MINUTES)
    hour = np.floor(shuffle * 1200).astype(np.int64) * 60 + 4 * 3600
    starts_at = day * DAY_SECONDS + np.where(is_clinic, _OPENS + slot * minutes * 60, hour)
    stay = np.where(kind == INPATIENT, between(shuffle, 1, 6) * DAY_SECONDS, between(shuffle, 90, 180) * 60)
    in_room = between(shuffle, minutes - 6, minutes - 1) * 60
    lead = pick(draw(seed, "lead", key, sequence), [0.18, 0.40, 0.42])
    codes = np.where(is_talk, 5, pick(uniform * 97 % 1, [0.44, 0.36, 0.08, 0.05, 0.04, 0.03]))
    codes = np.where(kind == BEHAVIORAL, pick(uniform * 97 % 1, [0.35, 0.2, 0.22, 0.08, 0.1, 0.05]), codes)
    modality = np.where(is_remote, 1, pick(draw(seed, "modality", key, sequence), [0.86, 0.11, 0.03]))
    is_first = is_sent | (draw(seed, "first talk", key, sequence) < _FIRST_TALK_SHARE)
    lead_days = np.select([lead == 0, lead == 1], [0, between(shuffle, 1, 13)], between(shuffle, 14, 42))
    lead_days = np.where(is_sent, np.minimum(lead_days, 1), lead_days)
    return Visits(
        sequence=sequence[fits],
        patient=patient[fits],
        kind=kind[fits],
        staff=staff[fits],
        team=team[fits],
        day=day[fits],
        slot=slot[fits],
        starts_at=starts_at[fits],
        ends_at=(starts_at + np.where(is_clinic, in_room, stay))[fits],
        outcome=outcome[fits],
        lead_days=lead_days[fits],
        code=codes[fits].astype(np.int64),
        modality=np.where(kind == HANDOFF, np.where(is_remote, 1, 0), modality)[fits],
        is_first=is_first[fits],
        referrals=referrals,
    )
