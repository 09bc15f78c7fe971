"""The tables of offsets say what the zone database says, for every instant and every local time."""

from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.feeds.zones import OffsetRow, is_zone, offsets_at_local, offsets_at_utc

NEW_YORK = "America/New_York"
ZONES = (
    NEW_YORK,
    "UTC",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Phoenix",
    "Africa/Casablanca",
)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 12, 31, 23, 59, 59)).map(
    lambda at: at.replace(microsecond=0)
)


@cache
def zone_of_the_package(name: str) -> ZoneInfo:
    """The zone as the ``tzdata`` package has it; the machine's own database may be of another year."""
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as handle:
        return ZoneInfo.from_file(handle, key=name)


def in_force(rows: list[OffsetRow], at: datetime) -> int:
    found = [row[4] for row in rows if row[1] == at.year and row[2] <= at < row[3]]
    assert len(found) == 1
    return found[0]


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(st.sampled_from(ZONES), MOMENTS)
def test_every_instant_has_the_offset_of_its_zone(zone: str, at: datetime) -> None:
    offset = at.replace(tzinfo=UTC).astimezone(zone_of_the_package(zone)).utcoffset()
    assert timedelta(seconds=in_force(offsets_at_utc(zone), at)) == offset


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(ZONES), MOMENTS)
def test_every_local_time_is_the_first_of_its_name(zone: str, at: datetime) -> None:
    offset = at.replace(tzinfo=zone_of_the_package(zone), fold=0).utcoffset()
    assert timedelta(seconds=in_force(offsets_at_local(zone), at)) == offset


@pytest.mark.parametrize(
    ("local", "hours"),
    [
        (datetime(2025, 3, 9, 1, 59, 59), -5),
        (datetime(2025, 3, 9, 2, 30), -5),  # does not exist: 03:30 daylight time
        (datetime(2025, 3, 9, 3, 0), -4),
        (datetime(2025, 11, 2, 0, 59, 59), -4),
        (datetime(2025, 11, 2, 1, 30), -4),  # occurs twice: the first
        (datetime(2025, 11, 2, 2, 0), -5),
    ],
)
def test_the_nights_of_the_change_in_new_york(local: datetime, hours: int) -> None:
    assert in_force(offsets_at_local(NEW_YORK), local) == hours * 3600


@pytest.mark.parametrize(
    ("utc", "hours"),
    [
        (datetime(2025, 3, 9, 6, 59, 59), -5),
        (datetime(2025, 3, 9, 7), -4),
        (datetime(2025, 11, 2, 5, 59, 59), -4),
        (datetime(2025, 11, 2, 6), -5),
        (datetime(2024, 12, 31, 23, 59, 59), -5),
        (datetime(2025, 1, 1), -5),
    ],
)
def test_the_instants_of_the_change_in_new_york(utc: datetime, hours: int) -> None:
    assert in_force(offsets_at_utc(NEW_YORK), utc) == hours * 3600


@pytest.mark.parametrize(
    ("name", "known"),
    [
        (NEW_YORK, True),
        ("UTC", True),
        ("US/Eastern", True),
        ("america/new_york", False),
        ("EST5", False),
        ("", False),
        ("America", False),
        ("../zones", False),
    ],
)
def test_a_zone_is_known_by_its_exact_name(name: str, known: bool) -> None:
    assert is_zone(name) is known
