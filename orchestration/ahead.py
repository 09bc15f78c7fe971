"""Deliveries of dates that have not come: they are told, and not read unless a date is asked for.

Belongs here: which dates these are, and what is said of them. Does not belong here: the clock, which the
commands look at.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

_NAMED = 3


def dates_ahead(days: Iterable[date], now: datetime | None, zone: str) -> tuple[date, ...]:
    """Return the delivery dates after today, in order.

    Args:
        days: dates of deliveries.
        now: the time, with its zone; None knows no today.
        zone: of the site.
    """
    today = now.astimezone(ZoneInfo(zone)).date() if now else date.max
    return tuple(sorted(day for day in set(days) if day > today))


def told_ahead(days: Sequence[date]) -> str:
    """Say that deliveries of dates that have not come are not read.

    Args:
        days: the dates, in order.
    """
    named = ", ".join(map(str, days[:_NAMED])) + (", ..." if len(days) > _NAMED else "")
    return f"Not read, since dated after today: {named}. Mend the date, or name it by --as-of."
