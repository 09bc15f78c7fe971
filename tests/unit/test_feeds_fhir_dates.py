"""Dates out of instants: the day at the clinic, at both sides of midnight and of a change of clocks."""

from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.feeds import fhir_resources
from orchestration.feeds.fhir_dates import day_after, local_day, set_zone
from orchestration.feeds.zones import offsets_at_utc
from tests.support.feeds_night import Nights
from tests.support.fhir_lines import Json, concept, lines, ref

CLINIC, LOS_ANGELES, TOKYO = "America/New_York", "America/Los_Angeles", "Asia/Tokyo"


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(fhir_resources.MACROS)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def told(engine: duckdb.DuckDBPyConnection, text: str, moment: str | None) -> str | None:
    found = engine.execute(f"SELECT {text} FROM (SELECT ?::VARCHAR AS moment)", [moment]).fetchone()
    return found[0] if found else None


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        ("2025-02-01T00:30:00Z", CLINIC, "2025-01-31"),
        ("2025-02-01T04:59:59.999Z", CLINIC, "2025-01-31"),
        ("2025-02-01T05:00:00Z", CLINIC, "2025-02-01"),
        ("2025-07-01T03:59:59+00:00", CLINIC, "2025-06-30"),
        ("2025-07-01T04:00:00+00:00", CLINIC, "2025-07-01"),
        ("2025-07-01T03:59:59.000+0000", CLINIC, "2025-06-30"),
        ("2025-07-01T00:00:00.000+0000", CLINIC, "2025-07-01"),
        ("2025-02-01T14:59:59Z", TOKYO, "2025-02-01"),
        ("2025-02-01T15:00:00Z", TOKYO, "2025-02-02"),
        ("2025-02-01T00:30:00Z", "UTC", "2025-02-01"),
        ("2025-01-31T23:30:00-05:00", LOS_ANGELES, "2025-01-31"),
        ("2025-02-01T00:30:00-08:00", CLINIC, "2025-02-01"),
        ("2025-02-01T00:00:00Z", CLINIC, "2025-02-01"),
        ("2025-02-01T00:00:00.000+00:00", CLINIC, "2025-02-01"),
        ("2025-02-01T00:00:01Z", CLINIC, "2025-01-31"),
        ("2025-02-01", CLINIC, "2025-02-01"),
        ("2025-02", CLINIC, "2025-02-01"),
        ("2025", CLINIC, "2025-01-01"),
        ("2025-13-45T10:00:00Z", CLINIC, "2025-13-45"),
        (None, CLINIC, None),
    ],
)
def test_an_instant_in_utc_has_the_date_of_the_sites_zone_and_any_other_the_one_it_is_written_with(
    engine: duckdb.DuckDBPyConnection, moment: str | None, zone: str, expected: str | None
) -> None:
    set_zone(engine, zone)
    assert told(engine, local_day("moment"), moment) == expected


@pytest.mark.parametrize(
    ("moment", "last", "after"),
    [
        ("2024", "2024-12-31", "2025-01-01"),
        ("2024-02", "2024-02-29", "2024-03-01"),
        ("2024-12-31", "2024-12-31", "2025-01-01"),
        ("2025-01-01T04:59:59Z", "2024-12-31", "2025-01-01T04:59:59Z"),
        ("2024-99", None, None),
        (None, None, None),
    ],
)
def test_a_period_ends_with_the_whole_of_what_its_end_names(
    engine: duckdb.DuckDBPyConnection, moment: str | None, last: str | None, after: str | None
) -> None:
    set_zone(engine, CLINIC)
    assert told(engine, local_day("moment", is_end=True), moment) == last
    assert told(engine, day_after("moment"), moment) == after


@pytest.mark.parametrize("zone", [CLINIC, LOS_ANGELES, "America/Phoenix", "Pacific/Honolulu", "Asia/Kolkata"])
def test_the_engine_knows_the_same_offsets_as_the_table(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    set_zone(engine, zone)
    rows = [(begin, seconds) for _, year, begin, _, seconds in offsets_at_utc(zone) if 2015 <= year <= 2035]
    moments = [begin + timedelta(minutes=n) for begin, _ in rows for n in (-1, 1)]
    values = ", ".join(f"('{moment:%Y-%m-%dT%H:%M:%SZ}')" for moment in moments)
    found = engine.execute(f"SELECT moment, {local_day('moment')} FROM (VALUES {values}) AS m (moment)")
    assert len(moments) > 40
    for text, day in found.fetchall():
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
        seconds = next(s for begin, s in reversed(rows) if begin <= moment) if moment >= rows[0][0] else None
        if seconds is not None:
            assert day == str((moment + timedelta(seconds=seconds)).date())


def test_a_zone_that_the_engine_does_not_know_is_told(engine: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ValueError, match="does not know the time zone 'Mars/Olympus'"):
        set_zone(engine, "Mars/Olympus")


EPISODE: Json = {
    "resourceType": "EpisodeOfCare",
    "id": "e1",
    "status": "active",
    "type": [concept("http://www.ama-assn.org/go/cpt", "99492")],
    "patient": ref("Patient/p1"),
    "period": {"start": "2025-02-01T02:00:00Z"},
}


@pytest.mark.slow
def test_a_month_begins_at_the_clinic_and_another_zone_reads_the_file_anew(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land("fhir/2025-02-02/a.ndjson", lines(EPISODE))
    for zone, expected in (
        (CLINIC, date(2025, 1, 31)),
        ("UTC", date(2025, 2, 1)),
        (CLINIC, date(2025, 1, 31)),
    ):
        nights.run(zone=zone)
        assert [row["started_on"] for row in nights.raw("episode")] == [expected]
