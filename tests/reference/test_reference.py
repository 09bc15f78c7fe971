"""The reference is independent, and right where an answer can be had by hand.

What belongs here: its independence and its smallest parts. What does not: the rules, which the golden cases
and the properties hold it to.
"""

import ast
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.reference.cells import Stamp, first_second, local_date, read_cell, utc_datetime
from tests.reference.claim_checks import is_npi

HERE = Path(__file__).resolve().parent


def test_the_reference_stands_on_the_standard_library_alone() -> None:
    foreign = set()
    for path in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            foreign |= {name for name in names if path.name != Path(__file__).name and not _is_own(name)}
    assert foreign == set()


def _is_own(name: str) -> bool:
    return name.startswith("tests.reference") or name.split(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize(
    ("npi", "is_right"),
    [("1234567893", True), ("1234567894", False), ("1245319599", True), ("123456789", False), ("", False)],
)
def test_the_check_digit_of_an_npi(npi: str, is_right: bool) -> None:
    assert is_npi(npi) is is_right


@pytest.mark.parametrize(
    ("day", "zone", "begins"),
    [
        ("2026-03-08", "America/New_York", "2026-03-08 05:00"),
        # In Havana the clocks go from 00:00 to 01:00: the day begins at 01:00, which is 05:00 UTC.
        ("2026-03-08", "America/Havana", "2026-03-08 05:00"),
        # And from 01:00 back to 00:00: the first of the two midnights begins the day.
        ("2025-11-02", "America/Havana", "2025-11-02 04:00"),
        ("2026-04-05", "Australia/Lord_Howe", "2026-04-04 13:00"),
    ],
)
def test_the_first_second_of_a_local_day(day: str, zone: str, begins: str) -> None:
    second = first_second(date.fromisoformat(day), zone)
    assert utc_datetime(second) == datetime.fromisoformat(begins)
    assert local_date(second, zone) == date.fromisoformat(day)
    assert local_date(second - 1, zone) < date.fromisoformat(day)


@pytest.mark.parametrize(
    ("text", "at", "is_local"),
    [
        ("2026-03-10", "2026-03-10 00:00:00", True),
        ("2026-03-10T09:30", "2026-03-10 09:30:00", True),
        ("2026-03-10 09:30:15.25", "2026-03-10 09:30:15.250000", True),
        ("2026-03-10T09:30:15Z", "2026-03-10 09:30:15", False),
        ("2026-03-10T09:30:15-0430", "2026-03-10 14:00:15", False),
        ("2026-03-10T09:30:15+02", "2026-03-10 07:30:15", False),
    ],
)
def test_ways_to_write_a_time(text: str, at: str, is_local: bool) -> None:
    assert read_cell("timestamp", text) == Stamp(datetime.fromisoformat(at), is_local)
