"""When a feed is late: the days that pass, the same in Python and in the engine, and the time of day."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations import raw_feeds
from expectations.check import NoRows
from orchestration.feeds.contract import load_contract
from orchestration.feeds.due import Due, awaited
from orchestration.quality.suites import load_feed_rules

WEEKDAYS = frozenset(range(5))
FRIDAY = date(2026, 6, 26)
HERE = ZoneInfo("America/New_York")
RULES = load_feed_rules(FRIDAY)


@pytest.mark.parametrize(
    ("due", "days_later", "is_late"),
    [
        (Due(2), 2, False),
        (Due(2), 3, True),
        (Due(0, WEEKDAYS), 2, False),
        (Due(0, WEEKDAYS), 3, True),
        (Due(1, WEEKDAYS), 3, False),
        (Due(1, WEEKDAYS), 4, True),
        (Due(0, frozenset({2})), 4, False),
        (Due(0, frozenset({2})), 5, True),
        (Due(0), -3, False),
    ],
)
def test_only_days_on_which_it_is_due_make_a_feed_late(due: Due, days_later: int, is_late: bool) -> None:
    assert due.is_late(FRIDAY, FRIDAY + timedelta(days=days_later)) == is_late


@pytest.mark.parametrize(
    ("at", "is_late"),
    [
        (datetime(2026, 6, 27, 6, 29, 59, tzinfo=HERE), False),
        (datetime(2026, 6, 27, 6, 30, tzinfo=HERE), True),
        (datetime(2026, 6, 28, 1, 0, tzinfo=HERE), True),
    ],
)
def test_a_feed_is_not_late_before_its_time_of_the_day_that_goes_on(at: datetime, is_late: bool) -> None:
    assert Due(by=time(6, 30)).is_late(FRIDAY, date(2026, 6, 27), at) == is_late


def test_a_delivery_is_awaited_where_it_is_due_today_has_a_time_and_has_not_come() -> None:
    at = datetime(2026, 6, 27, 6, 0, tzinfo=HERE)
    by = time(6, 30)
    dues = {"a": Due(by=by), "b": Due(on=WEEKDAYS, by=by), "c": Due(), "d": Due(by=by), "e": Due(by=time(6))}
    assert awaited(dues, {"d"}, at) == ("a",)


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine with one delivery and a business date."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE run_context (as_of_date DATE)")
        connection.execute("INSERT INTO run_context VALUES (NULL)")
        connection.execute("CREATE TABLE feed_file (feed VARCHAR, delivered_on DATE, status VARCHAR)")
        connection.execute("INSERT INTO feed_file VALUES ('consent', NULL, 'accepted')")
        yield connection


@pytest.mark.slow
@given(
    st.builds(Due, st.integers(0, 9), st.frozensets(st.integers(0, 6), min_size=1)),
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.integers(0, 40),
)
@settings(max_examples=50, deadline=None)
def test_the_finding_counts_the_same_days(
    engine: duckdb.DuckDBPyConnection, due: Due, newest: date, later: int
) -> None:
    as_of = newest + timedelta(days=later)
    passed = sum(due.is_due_on(newest + timedelta(days=day)) for day in range(1, later + 1))
    assert due.passed(newest, as_of) == passed
    consequences, late_days = RULES
    checks = raw_feeds.checks(load_contract(), consequences, late_days, {"consent": due})
    rule = next(check.rule for check in checks if check.name == "consent_is_in_time")
    assert isinstance(rule, NoRows)
    engine.execute("UPDATE feed_file SET delivered_on = ?", [newest])
    engine.execute("UPDATE run_context SET as_of_date = ?", [as_of])
    assert len(engine.execute(rule.query).fetchall()) == (passed > due.days)
