"""The sample's calendar: days as whole numbers since 1970-01-01, local times as whole seconds since then.

Belongs here: months, working days, offsets of zones, delivery dates.
Does not belong here: what happens on a day.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from orchestration.sample.draws import Ints

ZONES = ("America/New_York", "America/Chicago")
DAY_SECONDS = 86_400
NO_DAY = -(2**31)
NO_TIME = -(2**62)
PROMPT_DELIVERY_DAYS = 3
YEARS_OF_PANEL_DAYS = 1_100
_EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Return the days since 1970-01-01."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """Return the date of a day number."""
    return _EPOCH + timedelta(days=number)


@dataclass(frozen=True)
class Month:
    """A calendar month. `ordinal` counts months since year 0, `first` and `last` are day numbers."""

    ordinal: int
    first: int
    last: int

    @property
    def label(self) -> int:
        """The month as a number such as 2611."""
        return (self.ordinal // 12 % 100) * 100 + self.ordinal % 12 + 1

    @property
    def workdays(self) -> Ints:
        """The day numbers from Monday to Friday."""
        days = np.arange(self.first, self.last + 1, dtype=np.int64)
        return days[(days + 3) % 7 < 5]


def month_at(ordinal: int) -> Month:
    """Return the month with that many months since year 0."""
    first = day_number(date(ordinal // 12, ordinal % 12 + 1, 1))
    following = ordinal + 1
    return Month(ordinal, first, day_number(date(following // 12, following % 12 + 1, 1)) - 1)


def month_of(day: int) -> Month:
    """Return the month that a day number lies in."""
    found = day_of(day)
    return month_at(found.year * 12 + found.month - 1)


@dataclass(frozen=True)
class Window:
    """What the sample covers: whole months before the open one, and the open month up to `as_of`."""

    months: tuple[Month, ...]
    as_of: int

    @property
    def start(self) -> int:
        """The first day of the first month."""
        return self.months[0].first

    def delivered_on(self, month: Month) -> int:
        """Return the day of a month's delivery: early in the next month, at the latest on `as_of`."""
        return min(month.last + PROMPT_DELIVERY_DAYS, self.as_of)

    @property
    def backfilled_on(self) -> int:
        """The day before the window, when the dimensions and older rows are delivered."""
        return self.start - 1


def window_of(as_of: date, months: int) -> Window:
    """Return the window of so many whole months before the month of `as_of`, and that month."""
    last = as_of.year * 12 + as_of.month - 1
    return Window(tuple(month_at(ordinal) for ordinal in range(last - months, last + 1)), day_number(as_of))


class Offsets:
    """Local to UTC for the clinic's zones, from a table of days.

    A day's offset is that of its noon, so times from 03:00 on are exact also where the clock changes; the
    clinic is closed before that hour.
    """

    def __init__(self, first_day: int, last_day: int) -> None:
        """Look up the offset of each day from `first_day` to `last_day` in each zone."""
        self._first_day = first_day
        zones = [ZoneInfo(name) for name in ZONES]
        self._seconds = np.array(
            [[self._noon_offset(zone, day) for day in range(first_day, last_day + 1)] for zone in zones],
            dtype=np.int64,
        )

    @staticmethod
    def _noon_offset(zone: ZoneInfo, day: int) -> int:
        noon = datetime.combine(day_of(day), datetime.min.time(), tzinfo=UTC) + timedelta(hours=17)
        offset = noon.astimezone(zone).utcoffset()
        return int(offset.total_seconds()) if offset is not None else 0

    def to_utc(self, local: Ints, zone: Ints) -> Ints:
        """Return UTC seconds for local seconds; the missing time stays missing."""
        known = local != NO_TIME
        day = np.where(known, local // DAY_SECONDS - self._first_day, 0)
        return np.where(known, local - self._seconds[zone, day], NO_TIME).astype(np.int64)
