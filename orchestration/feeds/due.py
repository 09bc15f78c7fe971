"""When a feed is due, and since when it is late.

Belongs here: the days and the time of day on which a site expects a delivery, and what they make of the dates
of deliveries. Does not belong here: what a late feed costs, and who waits for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Due:
    """When a feed is due.

    A delivery of a date is due on that date. A date that has ended is judged as a whole; ``by`` matters only
    while the date goes on.

    Attributes:
        days: due days that may pass without a delivery before the feed is late.
        on: days of the week on which it is due, Monday being 0.
        by: time of day in the site's zone until which a delivery of the day is awaited; None is the whole
            day, and nobody waits for it.
    """

    days: int = 0
    on: frozenset[int] = frozenset(range(7))
    by: time | None = None

    def is_due_on(self, day: date) -> bool:
        """Whether a delivery is due on a day."""
        return day.weekday() in self.on

    def is_awaited(self, at: datetime) -> bool:
        """Whether a delivery of the day may still come in time.

        Args:
            at: a moment in the site's zone.
        """
        return self.by is not None and self.is_due_on(at.date()) and at.time().replace(tzinfo=None) < self.by

    def passed(self, newest: date, as_of: date) -> int:
        """How many due days lie after the newest delivery, up to a date that has ended."""
        first, last = newest.toordinal() - 1, as_of.toordinal() - 1
        return sum((last - day) // 7 - (first - day) // 7 for day in self.on)

    def is_late(self, newest: date, as_of: date, at: datetime | None = None) -> bool:
        """Whether the feed is late.

        Args:
            newest: date of its newest delivery.
            as_of: the date that is judged.
            at: the moment of judging, in the site's zone; None judges a date that has ended.
        """
        goes_on = at is not None and at.date() == as_of and self.is_awaited(at)
        return self.passed(newest, as_of - timedelta(days=goes_on)) > self.days

    def sentence(self) -> str:
        """When the feed is late, for people, behind "The newest delivery of the feed"."""
        if len(self.on) == len(WEEKDAYS):
            return f"is more than {self.days} {'day' if self.days == 1 else 'days'} old"
        named = ", ".join(WEEKDAYS[day].capitalize() for day in sorted(self.on))
        return f"is followed by more than {self.days} of the days on which it is due ({named})"


def awaited(dues: Mapping[str, Due], delivered: Iterable[str], at: datetime) -> tuple[str, ...]:
    """Return the feeds whose delivery of the day has not come and may still come in time.

    Args:
        dues: what the site says of its feeds.
        delivered: feeds of which something came on that day.
        at: a moment in the site's zone.
    """
    came = set(delivered)
    return tuple(feed for feed, due in dues.items() if feed not in came and due.is_awaited(at))
