"""The days that clinics are drawn around: month ends, clock changes, policy changes.

What belongs here: dates and how a moment is written down. What does not: who works then.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.property.choices import Choices

ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "Australia/Lord_Howe",  # its clocks change by half an hour
    "America/Havana",  # its clocks change at midnight
)


@dataclass(frozen=True)
class Season:
    """A business date, the busy days around it and earlier ones that a chain can come from."""

    as_of: date
    busy: tuple[date, ...]
    earlier: tuple[date, ...]

    def day(self, choices: Choices) -> date:
        """A day on which work is done; most are busy ones."""
        return choices.one(self.earlier) if choices.chance(15) else choices.one(self.busy)

    def bound(self, choices: Choices) -> date:
        """A day on which something begins or ends: often on or beside a busy one."""
        return self.day(choices) + timedelta(days=choices.one((0, 1, -1)))


def _days(*texts: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(text) for text in texts)


SEASONS = (
    # Clocks go forward in North America and Cuba on 8 March, back in New Zealand and on Lord Howe on 5 April.
    Season(
        date(2026, 4, 6),
        _days(
            "2026-03-10", "2026-03-08", "2026-03-31", "2026-04-01", "2026-04-05", "2026-03-11", "2026-04-07"
        ),
        _days("2025-08-31", "2025-09-20", "2025-10-31", "2025-12-31", "2026-01-31", "2026-02-28"),
    ),
    # Clocks go back in North America and Cuba on 2 November; Medicare's rules changed on 1 October.
    Season(
        date(2025, 11, 3),
        _days(
            "2025-10-14", "2025-10-31", "2025-11-01", "2025-11-02", "2025-09-30", "2025-10-01", "2025-11-04"
        ),
        _days("2025-03-31", "2025-04-30", "2025-05-15", "2025-07-31", "2025-08-31"),
    ),
    # Medicare's rules and rates change at the end of the year.
    Season(
        date(2026, 1, 31),
        _days(
            "2026-01-05", "2025-12-31", "2026-01-01", "2025-12-30", "2026-01-30", "2026-01-31", "2026-02-01"
        ),
        _days("2025-05-31", "2025-06-30", "2025-07-01", "2025-10-15", "2025-11-30"),
    ),
    # The end of a leap February, and the rates that changed on 9 March 2024.
    Season(
        date(2024, 3, 12),
        _days("2024-02-29", "2024-03-01", "2024-03-10", "2024-02-28", "2024-03-09", "2024-02-14"),
        _days("2023-08-31", "2023-12-31", "2024-01-31"),
    ),
)


def clock(choices: Choices) -> timedelta:
    """A time of the day: by five minutes, near midnight or the clock changes, seldom with odd seconds."""
    hour = choices.one((10, 9, 10, 11, 0, 1, 2, 23))
    span = timedelta(hours=hour, minutes=5 * choices.number(0, 11))
    return span + timedelta(seconds=choices.number(1, 59)) if choices.chance(10) else span


def written(choices: Choices, day: date, zone: str, span: timedelta | None = None) -> str:
    """A moment as a source writes it: with the zone's offset, in UTC, or without an offset."""
    at = datetime(day.year, day.month, day.day) + (clock(choices) if span is None else span)
    style = choices.one(("offset", "utc", "naive"))
    if style == "naive":
        return at.isoformat(sep=choices.one(("T", " ")))
    aware = at.replace(tzinfo=ZoneInfo(zone), fold=choices.one((0, 1)))
    if style == "utc":
        return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return aware.isoformat()


def later(text: str, span: timedelta) -> str:
    """The same way of writing, a span later."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00")) + span
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if text.endswith("Z") else moment.isoformat()
