"""Periods and sums of metrics, day by day.

What belongs here: which periods a metric is computed for and how parts add up. What does not: any metric.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

DAY = timedelta(days=1)
PCBH = ("month", "quarter", "year", "trailing_365_days")
COCM = ("month", "quarter", "trailing_3_months")
KEPT_MONTHS = 24
# metric, type of entity, entity, type of period, first day
Key = tuple[str, str, str, str, date]


@dataclass(frozen=True)
class Period:
    """A kept period; an open one ends on the business date."""

    kind: str
    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.first <= day <= self.last


@dataclass
class Tally:
    """Numerators and denominators by key."""

    sums: dict[Key, tuple[Fraction, Fraction]] = field(default_factory=dict)

    def add(
        self, metric: str, entity: tuple[str, str | None], period: Period, over: object, under: object
    ) -> None:
        """Add parts to a value; a blank entity has none."""
        kind, name = entity
        if name is not None:
            key = (metric, kind, name, period.kind, period.first)
            numerator, denominator = self.sums.get(key, (Fraction(0), Fraction(0)))
            self.sums[key] = (numerator + Fraction(str(over)), denominator + Fraction(str(under)))


def months_before(day: date, months: int) -> date:
    """The same day some months earlier, or the last one of that month."""
    number = day.year * 12 + day.month - 1 - months
    year, month = divmod(number, 12)
    after = date(year + (month == 11), month % 12 + 2 if month < 11 else 1, 1)
    return min(date(year, month + 1, 1) + (day.day - 1) * DAY, after - DAY)


def first_of(kind: str, day: date) -> date:
    """The first day of the calendar period that a day lies in."""
    if kind == "day":
        return day
    if kind == "week":
        return day - day.weekday() * DAY
    if kind == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, day.month if kind == "month" else 1, 1)


def kept(kinds: Iterable[str], as_of: date) -> Iterator[Period]:
    """Every kept period of some types."""
    for kind in kinds:
        if kind == "trailing_365_days":
            yield Period(kind, as_of - 364 * DAY, as_of)
        elif kind == "trailing_3_months":
            yield Period(kind, months_before(as_of + DAY, 3), as_of)
        else:
            day = months_before(as_of + DAY, KEPT_MONTHS)
            days = [first_of(kind, day + n * DAY) for n in range((as_of - day).days + 1)]
            for first in sorted(set(days)):
                last = first
                while last < as_of and first_of(kind, last + DAY) == first:
                    last += DAY
                yield Period(kind, first, last)
