"""Numbers as people read them, and the sentences of the pages.

Public: ``percent``, ``number``, ``usd``, ``month_name``, ``amount_of``, ``change_of``, ``target_of``,
``counted``, ``interval_of``, ``referrer_sentences``, ``SIGNALS``, ``DASH``.

Belongs here: words about one row or two. Does not belong here: where a row comes from (``rows``).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

Row = Mapping[str, Any]

SIGNALS: Final = {
    "above_3sd": "far above what chance explains",
    "above_2sd": "above what chance usually explains",
    "within": "within what chance explains",
    "below_2sd": "below what chance usually explains",
    "below_3sd": "far below what chance explains",
    "too_few": "too few patients to say",
}
DASH: Final = "\u2013"


def percent(value: float | None) -> str:
    """A share as a whole percentage, or a dash."""
    return DASH if value is None else f"{value * 100:.0f}%"


def number(value: float | None) -> str:
    """A number with at most one decimal, or a dash."""
    if value is None:
        return DASH
    rounded = round(float(value), 1)
    return f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.1f}"


def usd(value: float | None) -> str:
    """Whole dollars, or a dash."""
    return DASH if value is None else f"${value:,.0f}"


def month_name(month: date) -> str:
    """A month in words, such as March 2026."""
    return month.strftime("%B %Y")


def amount_of(value: float | None, unit: str) -> str:
    """A value in its unit: shares as percentages, dollars with their sign, others with the unit behind."""
    if value is None or unit == "share":
        return percent(value)
    if unit == "usd":
        return usd(value)
    said = number(value)
    return f"{said} {unit.removesuffix('s') if said == '1' else unit}".strip()


def change_of(now: float | None, before: float | None, unit: str) -> str:
    """What changed since the month before, in words."""
    if now is None or before is None:
        return "cannot be compared"
    scale, digits = (100 if unit == "share" else 1), (0 if unit in ("share", "usd") else 1)
    # Of the numbers as they are shown, so that the reader's own subtraction agrees.
    difference = round(float(now) * scale, digits) - round(float(before) * scale, digits)
    size = round(abs(difference), digits)
    if size == 0:
        return "no change"
    said = {"share": counted(size, "point"), "usd": usd(size)}.get(unit, number(size))
    return f"{'up' if difference > 0 else 'down'} {said}"


def counted(count: float | None, singular: str, plural: str | None = None) -> str:
    """A count with its noun."""
    return f"{number(count)} {singular if count == 1 else plural or singular + 's'}"


def interval_of(row: Row, name: str) -> str:
    """The likely range of a rate, or nothing."""
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    return f"{percent(low)} to {percent(high)}" if low is not None and high is not None else ""


def referrer_sentences(row: Row, days: Mapping[str, int]) -> list[str]:
    """What a month of a referrer says, in three sentences.

    Args:
        row: of ``rpt_referrer_scorecard``.
        days: ``referral_within_days`` and ``conversion_within_days``.
    """
    return [_seen(row, days["referral_within_days"]), _place(row), _came(row, days["conversion_within_days"])]


def _seen(row: Row, within: int) -> str:
    seen, missed = row["likely_eligible_seen"], row["eligible_not_referred"]
    if seen is None:
        return "The clinic dates on file do not cover the month, so likely-eligible patients are not counted."
    if not seen:
        return "You saw no patient in the month who likely needed behavioral health."
    referred = seen - (missed or 0)
    return (
        f"You saw {counted(seen, 'patient')} who likely needed behavioral health and referred "
        f"{number(referred)} of them within {within} days."
    )


def _place(row: Row) -> str:
    rate, signal = row["referral_rate"], row["signal"]
    if rate is None or row["organization_rate"] is None:
        return "A referral rate cannot be given for the month."
    if signal == "too_few":
        return (
            f"That is {percent(rate)} beside {percent(row['organization_rate'])} in the organization; "
            "with so few patients the difference says nothing."
        )
    return (
        f"That is {percent(rate)} beside {percent(row['organization_rate'])} in the organization: "
        f"{SIGNALS[signal]} at this number of patients."
    )


def _came(row: Row, within: int) -> str:
    referrals = row["referrals"] or 0
    if not referrals:
        return "You wrote no referral in the month."
    share, days = row["conversion_rate"], row["median_days_to_contact"]
    wrote = counted(referrals, "referral")
    said = f"Of your {wrote}, {percent(share)} came to a visit or contact within {within} days"
    return (
        f"{said}; half of those who came did so within {number(days)} days."
        if days is not None
        else f"{said}."
    )


def target_of(low: float | None, high: float | None, unit: str) -> str:
    """A target as a range or a limit, or nothing."""
    if low is not None and high is not None:
        return f"{percent(low) if unit == 'share' else number(low)} to {amount_of(high, unit)}"
    if low is not None:
        return f"{amount_of(low, unit)} or more"
    return f"{amount_of(high, unit)} or less" if high is not None else ""
