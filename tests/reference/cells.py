"""Reading one cell of a delivered row: text to a typed value, or the reason why it cannot be read.

What belongs here: the types of the feeds' contract. What does not: which row counts (``versions``) and what
a value means for a minute.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

TRUE_WORDS = frozenset({"true", "t", "1", "yes"})
FALSE_WORDS = frozenset({"false", "f", "0", "no"})
EPOCH = datetime(1970, 1, 1)
TIMESTAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?"
)


class UnreadableValueError(ValueError):
    """The text is not of the column's type."""


@dataclass(frozen=True)
class Stamp:
    """A moment as it was written: UTC where an offset stood beside it, else a clock on some wall.

    ``at`` is naive in both cases; ``is_local`` tells which of the two it is.
    """

    at: datetime
    is_local: bool


def read_cell(kind: str, text: str | None) -> object:
    """Turn text into a value of the contract's type; blank is None.

    Raises:
        UnreadableValueError: the text is not of that type.
    """
    trimmed = (text or "").strip()
    if not trimmed:
        return None
    readers: dict[str, Callable[[str], object]] = {
        "string": str,
        "integer": _read_integer,
        "decimal": _read_decimal,
        "boolean": _read_boolean,
        "date": _read_date,
        "timestamp": _read_timestamp,
    }
    return readers[kind](trimmed)


def epoch_second(stamp: Stamp, zone: str) -> int:
    """The whole UTC second of a stamp; a wall clock is read in ``zone``.

    A local time that occurs twice is the first; one that does not exist moves forward.
    """
    at = stamp.at
    if stamp.is_local:
        at = at.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC).replace(tzinfo=None)
    return (at - EPOCH) // timedelta(seconds=1)


def utc_datetime(second: int) -> datetime:
    """The naive UTC time of an epoch second."""
    return EPOCH + timedelta(seconds=second)


def local_date(second: int, zone: str) -> date:
    """The calendar date that a clock in ``zone`` shows at an epoch second."""
    return utc_datetime(second).replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def first_second(day: date, zone: str) -> int:
    """The epoch second at which ``day`` begins in ``zone``."""
    return epoch_second(Stamp(datetime(day.year, day.month, day.day), True), zone)


def _read_integer(text: str) -> int:
    number = _read_decimal(text)
    if number != number.to_integral_value():
        raise UnreadableValueError
    return int(number)


def _read_decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise UnreadableValueError from error
    if not number.is_finite():
        raise UnreadableValueError
    return number


def _read_boolean(text: str) -> bool:
    word = text.lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise UnreadableValueError


def _read_date(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise UnreadableValueError
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UnreadableValueError from error


def _read_timestamp(text: str) -> Stamp:
    match = TIMESTAMP.fullmatch(text)
    if match is None:
        raise UnreadableValueError
    day, hour, minute, second, fraction, offset = match.groups()
    try:
        midnight = datetime.fromisoformat(day)
        at = midnight.replace(
            hour=int(hour or 0),
            minute=int(minute or 0),
            second=int(second or 0),
            microsecond=int((fraction or "0")[:6].ljust(6, "0")),
        )
    except ValueError as error:
        raise UnreadableValueError from error
    if offset is None:
        return Stamp(at, True)
    return Stamp(at.replace(tzinfo=_offset(offset)).astimezone(UTC).replace(tzinfo=None), False)


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if text[0] == "-" else span)
