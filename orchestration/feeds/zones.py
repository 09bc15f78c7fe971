"""Offsets of time zones as plain tables, so that no engine needs zone functions of its own.

Belongs here: reading the ``tzdata`` package into ranges that a join can use. Does not belong here: which zone
a row is in.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from itertools import pairwise
from zoneinfo import ZoneInfo

FIRST_YEAR = 1990
LAST_YEAR = 2100

OffsetRow = tuple[str, int, datetime, datetime, int]


@cache
def known_zones() -> frozenset[str]:
    """The names of all zones of the IANA database."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def is_zone(name: str) -> bool:
    """Whether the IANA database has a zone of just that name."""
    return name in known_zones()


@cache
def _zone(name: str) -> ZoneInfo:
    folder = resources.files("tzdata").joinpath("zoneinfo")
    with folder.joinpath(*name.split("/")).open("rb") as handle:
        return ZoneInfo.from_file(handle, key=name)


@cache
def _changes(name: str) -> tuple[tuple[datetime, int], ...]:
    """The UTC instants from which an offset holds, the first being the start of ``FIRST_YEAR`` less a day."""
    zone = _zone(name)

    def offset(instant: datetime) -> int:
        found = instant.replace(tzinfo=UTC).astimezone(zone).utcoffset()
        return int(found.total_seconds()) if found is not None else 0

    start = datetime(FIRST_YEAR, 1, 1) - timedelta(days=1)
    fixed = zone.utcoffset(None)
    if fixed is not None:
        return ((start, int(fixed.total_seconds())),)
    end = datetime(LAST_YEAR + 1, 1, 1) + timedelta(days=1)
    found = [(start, offset(start))]
    step = timedelta(days=1)
    instant = start
    while instant < end:
        later = instant + step
        if offset(later) != found[-1][1]:
            low, high = instant, later
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
                low, high = (low, middle) if offset(middle) != found[-1][1] else (middle, high)
            found.append((high, offset(high)))
        instant = later
    return tuple(found)


def _by_year(name: str, ranges: Iterator[tuple[datetime, datetime, int]]) -> Iterator[OffsetRow]:
    for begin, until, seconds in ranges:
        for year in range(max(begin.year, FIRST_YEAR), min(until.year, LAST_YEAR) + 1):
            first = max(begin, datetime(year, 1, 1))
            last = min(until, datetime(year + 1, 1, 1))
            if first < last:
                yield (name, year, first, last, seconds)


def offsets_at_utc(name: str) -> list[OffsetRow]:
    """The offset in force at each UTC instant.

    Args:
        name: an IANA zone.

    Returns:
        Rows of zone, UTC year, from, until and seconds east of UTC; every instant of 1990 to 2100 is in just
        one.
    """

    def ranges() -> Iterator[tuple[datetime, datetime, int]]:
        changes = _changes(name)
        ends = [instant for instant, _ in changes[1:]] + [datetime(LAST_YEAR + 1, 1, 1)]
        for (begin, seconds), until in zip(changes, ends, strict=True):
            yield begin, until, seconds

    return list(_by_year(name, ranges()))


def offsets_at_local(name: str) -> list[OffsetRow]:
    """The offset that a local time without one has.

    A local time that occurs twice is the first; one that does not exist keeps the offset before the gap, so
    it moves forward: in both cases the old offset holds until the local time at which the change is over,
    told by the old offset for a gap's end and a fold's end alike.

    Args:
        name: an IANA zone.

    Returns:
        Rows of zone, local year, from, until and seconds east of UTC; every local time of 1990 to 2100 is in
        just one.
    """

    def ranges() -> Iterator[tuple[datetime, datetime, int]]:
        changes = _changes(name)
        begin = datetime(FIRST_YEAR, 1, 1) - timedelta(days=1)
        for (_, seconds), (instant, following) in pairwise(changes):
            until = instant + timedelta(seconds=max(seconds, following))
            yield begin, until, seconds
            begin = until
        yield begin, datetime(LAST_YEAR + 1, 1, 1), changes[-1][1]

    return list(_by_year(name, ranges()))
