"""What the clinic's billing office delivers: claim_line.

Belongs here: the claims that this clinic wrote by its own habit, mistakes included, and what came back.
Does not belong here: which code is right. The warehouse finds that out; nothing here is an expected result.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample import writer as sql
from orchestration.sample.caseload import APCM, BHI
from orchestration.sample.days import DAY_SECONDS, Month
from orchestration.sample.draws import Floats, Ints, between, draw, pick
from orchestration.sample.people import PAYERS, UNINSURED
from orchestration.sample.schedule import RUNG_ADD_1, RUNG_SHORT
from orchestration.sample.world import Cut, World
from orchestration.sample.writer import Writer

CODES = ("99492", "99493", "99494", "G2214", "99484", "G0557", "G0568", "G0569", "G0570")
FIRST, LATER, ADD_ON, SHORT, GENERAL, APCM_BASE, APCM_FIRST, APCM_LATER, APCM_GENERAL = range(9)
_PAID_USD = np.array([139.2, 126.4, 54.8, 53.1, 50.7, 44.9, 140.5, 127.9, 51.3])
_DENIALS = ("missing documentation", "coverage terminated", "duplicate claim", "not medically necessary")
_SUBMITTED, _PAID, _DENIED = range(3)
_APCM_ADD_ONS_FROM = (2026, 1)
_HABIT_SUBMITS = 0.88

_CLAIM = {
    "claim_line_id": "'CL' || lpad(line::VARCHAR, 12, '0')",
    "patient_id": sql.patient(),
    "procedure_code": sql.word("code", CODES),
    "units": "units",
    "service_on": sql.day("service_on"),
    "billing_practitioner_id": sql.staff("pcp"),
    "payer_id": sql.word("payer", PAYERS),
    "status": sql.word("status", ("submitted", "paid", "denied")),
    "submitted_on": sql.day("submitted_on"),
    "paid_amount_usd": "CASE WHEN status = 1 THEN paid::DECIMAL(12, 2) END",
    "denial_reason": sql.word("denial", _DENIALS),
    "updated_at": sql.utc_time("updated_at"),
}


@dataclass(frozen=True)
class Claims:
    """One element a claim line; `answered_on` is the day the payer answered, `answer` what."""

    line: Ints
    patient: Ints
    team: Ints
    code: Ints
    units: Ints
    service_on: Ints
    payer: Ints
    submitted_on: Ints
    answered_on: Ints
    answer: Ints
    paid: Floats
    denial: Ints


def claims_of(world: World, month: Month) -> Claims:
    """Return the claims of a month: most rungs as a biller reads them, some wrong or missing."""
    episodes, plan, seed = world.episodes, world.plan(month), world.seed
    key = np.full(1, month.ordinal)
    apcm = np.zeros(len(world.patients.number), dtype=np.bool_)
    in_apcm = (
        (episodes.program == APCM) & (episodes.starts_on <= month.last) & (episodes.ends_on >= month.last)
    )
    apcm[episodes.patient[in_apcm]] = True
    takes_add_ons = (month.ordinal // 12, month.ordinal % 12 + 1) >= _APCM_ADD_ONS_FROM

    patient = episodes.patient[plan.episode]
    is_general = episodes.program[plan.episode] == BHI
    is_add_on = apcm[patient] & takes_add_ons
    base = np.select([is_general, plan.is_initial], [GENERAL, FIRST], LATER)
    base = np.where(~is_general & (plan.rung == RUNG_SHORT), SHORT, base)
    special = np.select([is_general, plan.is_initial], [APCM_GENERAL, APCM_FIRST], APCM_LATER)
    base = np.where(is_add_on & (base != SHORT), special, base)
    units = np.where(is_general | is_add_on, 0, np.clip(plan.rung - RUNG_ADD_1 + 1, 0, 4))
    habit = draw(seed, "billed", plan.episode, key)
    reaches = np.where(is_general, plan.rung == 2, plan.rung >= RUNG_SHORT)
    writes = np.where(reaches, habit < _HABIT_SUBMITS, (habit < 0.02) & (plan.minutes > 0))
    # One in forty forgets the add-on or takes the month for a later one.
    units = np.where(habit * 41 % 1 < 0.025, np.maximum(units - 1, 0), units)
    wrong = (habit * 43 % 1 < 0.025) & (base == FIRST)
    base = np.where(wrong, LATER, base)
    rows = np.flatnonzero(writes)
    extra = rows[units[rows] > 0]
    monthly = np.flatnonzero(in_apcm & (draw(seed, "apcm billed", episodes.number, key) < 0.95))

    owner = np.concatenate([patient[rows], patient[extra], episodes.patient[monthly]])
    code = np.concatenate([base[rows], np.full(len(extra), ADD_ON), np.full(len(monthly), APCM_BASE)])
    count = np.concatenate([np.ones(len(rows)), units[extra], np.ones(len(monthly))]).astype(np.int64)
    source = np.concatenate([plan.episode[rows], plan.episode[extra], monthly])
    payer = world.patients.payer_on(owner, np.full(len(owner), month.last))
    insured = payer != UNINSURED
    owner, code, count, source, payer = (part[insured] for part in (owner, code, count, source, payer))
    claim = source * 4 + np.select([code == ADD_ON, code == APCM_BASE], [1, 2], 0)
    uniform = draw(seed, "claim", source, key)
    answer = 1 + pick(uniform, [0.91, 0.09])
    submitted_on = month.last + between(draw(seed, "submitted", source, key), 6, 12)
    allowed = _PAID_USD[code] * count * np.where(payer == 0, 1.0, 0.72 + 0.4 * (payer / 5))
    return Claims(
        line=month.label * 10**8 + claim,
        patient=owner,
        team=world.patients.team[owner],
        code=code.astype(np.int64),
        units=count,
        service_on=np.full(len(owner), month.last),
        payer=payer,
        submitted_on=submitted_on,
        answered_on=submitted_on + between(draw(seed, "answered", source, key), 9, 41),
        answer=answer,
        paid=np.round(allowed, 2),
        denial=np.where(answer == _DENIED, pick(uniform * 61 % 1, [0.4, 0.2, 0.2, 0.2]), -1),
    )


def write_claims(world: World, claims: Claims, month: Month, cut: Cut, writer: Writer) -> None:
    """Write the month's claims that were submitted or answered in the delivery's days."""
    changed = cut.holds(claims.submitted_on) | cut.holds(claims.answered_on)
    changed &= claims.submitted_on <= cut.last
    is_answered = claims.answered_on <= cut.last
    status = np.where(is_answered, claims.answer, _SUBMITTED)
    updated_on = np.where(is_answered, claims.answered_on, claims.submitted_on)
    columns = {
        "line": claims.line, "patient": claims.patient, "code": claims.code, "units": claims.units,
        "service_on": claims.service_on, "pcp": world.pcp[claims.patient], "payer": claims.payer,
        "status": status, "submitted_on": claims.submitted_on, "paid": claims.paid,
        "denial": np.where(status == _DENIED, claims.denial, -1),
        "updated_at": updated_on * DAY_SECONDS + 64_800,
    }  # fmt: skip
    writer.write("claim_line", cut.delivered_on, columns, _CLAIM, changed, f"claim_line_{month.label}")
