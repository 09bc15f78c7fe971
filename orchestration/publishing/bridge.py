"""What an amount asks of the clinic before anybody agrees on it: a what-if of ``rpt_finance_bridge``.

Public: ``Basis``, ``Walk``, ``read_basis``, ``walk``. The steps are those of the model ``int_finance_walk``.

Belongs here: reading the published basis and walking over it. Does not belong here: what the basis is
(``rpt_finance_basis``), and the terminal (``bridge_render``).
"""

from dataclasses import dataclass, fields
from decimal import Decimal
from math import floor
from pathlib import Path

from orchestration.publishing.access import Asking
from orchestration.publishing.lookup import open_current
from orchestration.redaction import SafeError

ORGANIZATION = "organization"
_MART = "rpt_finance_basis"


@dataclass(frozen=True)
class Basis:
    """A row of ``rpt_finance_basis``: dollars, shares, months and patients. None is not known."""

    entity_type: str
    entity_id: str
    revenue_source: str | None
    revenue_per_billable_month_usd: Decimal | None
    billable_rate: float | None
    conversion_rate: float | None
    months_in_program: float | None
    revenue_per_bhc_visit_usd: Decimal | None
    bhc_share: float
    bhc_clinic_days: float | None
    cost_per_month_usd: Decimal | None
    capacity_active_low: float | None
    capacity_active_high: float | None
    bhc_patients_per_day_low: float | None
    bhc_patients_per_day_high: float | None


@dataclass(frozen=True)
class Walk:
    """What an amount asks each month, and whether today's staff can carry it. None cannot be said.

    ``feasibility`` is within, stretch or beyond; ``largest_usd`` the amount at the guideline's upper end.
    """

    needed_billable_patients: float | None
    needed_active_patients: float | None
    needed_referrals: float | None
    needed_bhc_patients_per_day: float | None
    feasibility: str | None
    largest_usd: int | None


def read_basis(published: Path, team_id: str | None = None) -> tuple[Basis, str]:
    """Read the basis of a team, or of the organization, from the generation that readers have.

    Args:
        published: the folder of published generations.
        team_id: the team; without it, the organization.

    Returns:
        The basis, and the business date of the generation as text.

    Raises:
        SafeError: the generation has no such team.
    """
    kind, name = ("team", team_id) if team_id else (ORGANIZATION, ORGANIZATION)
    with open_current(published, Asking("bridge")) as reader:
        columns = ", ".join(field.name for field in fields(Basis))
        rows = reader.rows(
            f"SELECT {columns} FROM {{{_MART}}} WHERE entity_type = {{}} AND entity_id = {{}}",  # noqa: S608
            kind,
            name,
            marts=[_MART],
        )
        if not rows:
            raise SafeError("no such team in the published generation: see dim_team for their ids")
        return Basis(**rows[0]), str(reader.generation.as_of_date)


def walk(basis: Basis, amount_usd: Decimal, months: int) -> Walk:
    """Walk an amount back to patients, referrals and patients a day.

    Args:
        basis: what it is walked over.
        amount_usd: dollars of the whole period, more than 0.
        months: calendar months of the period, at least 1.

    Returns:
        What is needed each month, the feasibility and the largest amount in whole dollars.
    """
    amount = float(amount_usd)
    cocm_usd = amount * (1 - basis.bhc_share) / months
    bhc_usd = amount * basis.bhc_share / months
    billable = _quotient(cocm_usd, basis.revenue_per_billable_month_usd)
    active = _quotient(billable, basis.billable_rate)
    referrals = _quotient(_quotient(active, basis.conversion_rate), basis.months_in_program)
    a_day: float | None = 0.0
    bhc_rank: int | None = 1
    if bhc_usd:
        a_day = _quotient(_quotient(bhc_usd, basis.revenue_per_bhc_visit_usd), basis.bhc_clinic_days)
        bhc_rank = _rank(a_day, basis.bhc_patients_per_day_low, basis.bhc_patients_per_day_high)
    cocm_rank = _rank(active, basis.capacity_active_low, basis.capacity_active_high)
    room = _quotient(basis.capacity_active_high, active)
    bhc_room = _quotient(basis.bhc_patients_per_day_high, a_day) if a_day else None
    largest = None
    rooms = [one for one in (room, bhc_room) if one is not None]
    if cocm_rank and bhc_rank and rooms:
        # Rounded before it is cut: 30000 must not become 29999 because a quotient has no exact double.
        largest = floor(round(amount * min(rooms), 4))
    return Walk(billable, active, referrals, a_day, _feasibility(cocm_rank, bhc_rank), largest)


def _quotient(numerator: float | None, denominator: float | Decimal | None) -> float | None:
    if numerator is None or not denominator:
        return None
    return float(numerator) / float(denominator)


def _rank(need: float | None, low: float | None, high: float | None) -> int | None:
    if need is None:
        return None
    if high is not None and need > high:
        return 3
    if low is None:
        return None
    return 2 if need > low else 1


def _feasibility(cocm_rank: int | None, bhc_rank: int | None) -> str | None:
    if 3 in (cocm_rank, bhc_rank):
        return "beyond"
    if cocm_rank is None or bhc_rank is None:
        return None
    return "stretch" if 2 in (cocm_rank, bhc_rank) else "within"
