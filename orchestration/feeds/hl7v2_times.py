"""Times as HL7 v2 writes them, and as ISO 8601.

Belongs here: what a written time means, and comparing and moving such times. Does not belong here: where a
message says them.
"""

import re
from datetime import datetime, timedelta
from functools import lru_cache

TIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)"
    r"(?:[T ]?(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9})\d*|(\d{1,6}))?)?)?)?"
    r"\s*([Zz]|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-].*)?)?")
REMEMBERED = 10_000
"""Times that are kept as they were read: one start often stands in several places of a message."""


@lru_cache(maxsize=REMEMBERED)
def iso_time(text: str) -> str:
    """A time of HL7 as ISO 8601, as exact as it was sent, to nine digits; text that is none stays as it is.

    Parts of a second stand behind a point or, as some schedulers write them, right behind the seconds.
    """
    found = TIME.fullmatch(text)
    if found is None:
        return text
    year, month, day, hour, minute, second, part, unpointed, zone = found.groups()
    part = part or unpointed
    if hour is None and zone is None:
        return f"{year}-{month}-{day}"
    moment = f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}"
    moment += f".{part}" if part else ""
    if zone is None or zone in "Zz":
        return moment + (zone or "").upper()
    sign, digits = zone[0], f"{zone[1:].replace(':', ''):0<4}"
    return f"{moment}{'+' if digits == '0000' else sign}{digits[:2]}:{digits[2:]}"


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(maxsize=REMEMBERED)
def is_time(text: str) -> bool:
    """Whether a text is a time that there is: neither a word nor the 0th of a month."""
    found = TIME.fullmatch(text)
    if found is None:
        return False
    ends_day = found[4] == "24"
    return _moment("-".join(found.group(1, 2, 3)) if ends_day else iso_time(text)) is not None


@lru_cache(maxsize=REMEMBERED)
def is_after(end: str, start: str) -> bool:
    """Whether an end is after a start; true where they cannot be compared."""
    first, last = _moment(start), _moment(end)
    if first is None or last is None or (first.tzinfo is None) != (last.tzinfo is None):
        return True
    return last > first


def later(start: str, seconds: float) -> str | None:
    """The time so long after a start; null where the start is none."""
    moment = _moment(start)
    try:
        return (moment + timedelta(seconds=round(seconds))).isoformat() if moment else None
    except OverflowError:
        return None


@lru_cache(maxsize=REMEMBERED)
def in_order(moment: str, order: int) -> str:
    """A time with the place among messages of the same instant in its fifth and sixth decimal."""
    found = INSTANT.fullmatch(moment)
    if found is None:
        return moment
    day, clock, part, zone = found.groups()
    return f"{day}T{clock or '00:00:00'}.{(part or '')[:4]:0<4}{order:02d}{zone or ''}"
