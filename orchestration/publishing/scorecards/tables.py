"""The tables of the scorecards: what changed since the month before, a team's referrers, and the index.

Public: ``changes_table``, ``referrers_table``, ``index_table``.

Belongs here: which columns a table has. Does not belong here: how it is made (``orchestration/publishing``'s
``tables``), and which rows there are (``pages``).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from orchestration.publishing.scorecards import words
from orchestration.publishing.tables import Column, figures_table

Row = Mapping[str, Any]


def changes_table(title: str, rows: Sequence[Mapping[str, str]], caption: str) -> Markup:
    """Measures of this month and the one before, with ``interval`` and ``target`` where rows have them."""
    columns = [
        Column("title", "Measure"),
        Column("now", "This month", is_number=True),
        Column("interval", "Likely range", is_number=True),
        Column("target", "Target", is_number=True),
        Column("before", "Month before", is_number=True),
        Column("change", "What changed"),
    ]
    shown = [column for column in columns if rows and column.field in rows[0]]
    return figures_table(title.lower(), title, shown, rows, caption)


def referrers_table(members: Sequence[tuple[str, Row]]) -> Markup:
    """The providers of a team by name, each with the likely range of the rate."""
    columns = [
        Column("name", "Referrer"),
        Column("seen", "Eligible seen", is_number=True),
        Column("rate", "Referral rate", is_number=True),
        Column("interval", "Likely range", is_number=True),
        Column("signal", "Beside the organization"),
        Column("referrals", "Referrals", is_number=True),
        Column("came", "Came", is_number=True),
    ]
    rows = [
        {
            "name": name,
            "seen": words.number(row["likely_eligible_seen"]),
            "rate": words.percent(row["referral_rate"]),
            "interval": words.interval_of(row, "referral_rate"),
            "signal": words.SIGNALS.get(row["signal"], words.DASH),
            "referrals": words.number(row["referrals"]),
            "came": words.percent(row["conversion_rate"]),
        }
        for name, row in members
    ]
    caption = (
        "In the order of names. The likely range says how sure a rate is; no ranks are given, since chance "
        "makes most of them."
    )
    return figures_table("referrers", "Referrers", columns, rows, caption)


def index_table(
    kind: str, title: str, people: Sequence[tuple[str, Mapping[date, str]]], months: Sequence[date]
) -> Markup:
    """The pages of a kind of recipient, by name and month; ``people`` have their pages' places by month."""
    columns = [Column("name", "Name")]
    columns += [Column(f"{month:%Y-%m}", words.month_name(month), is_markup=True) for month in months]
    rows = [
        {"name": name, **{f"{month:%Y-%m}": _link(name, month, places.get(month)) for month in months}}
        for name, places in people
    ]
    return figures_table(kind.replace("_", "-"), title, columns, rows)


def _link(name: str, month: date, place: str | None) -> Markup:
    if place is None:
        return Markup('<span class="soft">none</span>')
    said = f"{name}, {words.month_name(month)}"
    return Markup('<a href="{}" aria-label="{}">open</a>').format(quote(place), said)
