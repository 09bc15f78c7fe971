"""The what-if of a target as a table for the terminal.

Belongs here: words and columns. Does not belong here: any number (``bridge``).
"""

from decimal import Decimal

from rich.console import Group, RenderableType
from rich.table import Table

from orchestration.publishing.bridge import ORGANIZATION, Basis, Walk

_SENTENCES = {
    "within": "Within: the staff of today carries it, up to the lower end of the guideline.",
    "stretch": "Stretch: the staff of today carries it only towards the upper end of the guideline.",
    "beyond": "Beyond: it is more than the guideline lets the staff of today carry. Walk it back to finance.",
    None: "It cannot be said whether the staff of today can carry it: a number below is not known.",
}
_UNKNOWN = "not known"


def render_bridge(basis: Basis, found: Walk, amount_usd: Decimal, months: int, as_of: str) -> RenderableType:
    """What an amount asks, line by line.

    Args:
        basis: what it was walked over.
        found: what the walk found.
        amount_usd: dollars of the whole period.
        months: calendar months of the period.
        as_of: business date of the generation.

    Returns:
        A table and a sentence.
    """
    who = "the organization" if basis.entity_type == ORGANIZATION else f"team {basis.entity_id}"
    table = Table(title=f"{_usd(amount_usd)} in {months} months, {who}, as of {as_of}", title_justify="left")
    table.add_column("each month")
    table.add_column("needed", justify="right")
    table.add_column("guideline carries", justify="right")
    table.add_column("rests on")
    source = {"claims": "recent claims", "fee_schedule": "fee schedule"}.get(basis.revenue_source or "", "")
    worth = basis.revenue_per_billable_month_usd
    table.add_row(
        "billable patients",
        _number(found.needed_billable_patients),
        "",
        f"{_usd(worth)} a billable month ({source})" if worth is not None else _UNKNOWN,
    )
    table.add_row(
        "active patients",
        _number(found.needed_active_patients),
        _range(basis.capacity_active_low, basis.capacity_active_high),
        f"{_percent(basis.billable_rate)} of active patients billable",
    )
    table.add_row(
        "referrals",
        _number(found.needed_referrals),
        "",
        f"{_percent(basis.conversion_rate)} converted, {_number(basis.months_in_program)} months each",
    )
    visit = basis.revenue_per_bhc_visit_usd
    table.add_row(
        "patients a clinic day of a BHC",
        _number(found.needed_bhc_patients_per_day),
        _range(basis.bhc_patients_per_day_low, basis.bhc_patients_per_day_high),
        f"{_usd(visit)} a visit (paid lines)" if visit is not None else "no paid lines of visits",
    )
    lines: list[RenderableType] = [table, _SENTENCES[found.feasibility]]
    if found.largest_usd is not None:
        lines.append(f"The largest amount within the guideline is {_usd(Decimal(found.largest_usd))}.")
    return Group(*lines)


def _usd(amount: Decimal | None) -> str:
    return _UNKNOWN if amount is None else f"${amount:,.2f}"


def _number(number: float | None) -> str:
    return _UNKNOWN if number is None else f"{number:,.1f}"


def _percent(share: float | None) -> str:
    return _UNKNOWN if share is None else f"{share:.1%}"


def _range(low: float | None, high: float | None) -> str:
    return _UNKNOWN if low is None or high is None else f"{low:,.0f} to {high:,.0f}"
