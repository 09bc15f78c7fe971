"""Deliveries of dates that have not come: they are told, and not read where the date cannot be meant.

Belongs here: which dates these are, and what is said of them. Does not belong here: the clock, which the
commands look at.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from orchestration.feeds.codes import rows_in_force
from orchestration.feeds.ingest import SEEDS

LIMIT: Final = "delivery_ahead_days"
"""The threshold: a delivery that is dated more than these days after today is not read."""

_NAMED: Final = 3


@dataclass(frozen=True)
class Ahead:
    """Delivery dates after today, in order.

    Attributes:
        read: those that may be meant.
        passed_over: those that cannot.
    """

    read: tuple[date, ...] = ()
    passed_over: tuple[date, ...] = ()

    @classmethod
    def of(cls, days: Iterable[date], now: datetime | None, zone: str) -> "Ahead":
        """Look at delivery dates.

        Args:
            days: dates of deliveries.
            now: the time, with its zone; None knows no today.
            zone: of the site.
        """
        if now is None:
            return cls()
        today = now.astimezone(ZoneInfo(zone)).date()
        rules = rows_in_force(SEEDS / "threshold.csv", today)
        last = today + timedelta(days=next(int(rule["value"]) for rule in rules if rule["name"] == LIMIT))
        ahead = sorted(day for day in set(days) if day > today)
        return cls(
            read=tuple(day for day in ahead if day <= last),
            passed_over=tuple(day for day in ahead if day > last),
        )

    def latest_of(self, days: Iterable[date]) -> date | None:
        """The latest of delivery dates that may be meant; None where none may."""
        return max(set(days).difference(self.passed_over), default=None)

    def told(self) -> Iterator[str]:
        """What is said of them, a sentence for those that are read and one for those that are not."""
        if self.passed_over:
            yield (
                f"Not read, since dated far after today: {_listed(self.passed_over)}. "
                "Mend the date, or name it by --as-of."
            )
        if self.read:
            yield (
                f"Read, although dated after today: {_listed(self.read)}. "
                "If that is a slip, mend the date, or name the right one by --as-of."
            )


def _listed(days: tuple[date, ...]) -> str:
    return ", ".join(map(str, days[:_NAMED])) + (", ..." if len(days) > _NAMED else "")
