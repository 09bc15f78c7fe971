"""No single value that the door lets in stops a night, however large, small, long or odd it is."""

from pathlib import Path

import pytest

from orchestration.feeds.contract import Column, load_contract
from tests.property.runs import DEFAULT_ZONE
from tests.property.seasons import SEASONS
from tests.property.work import draw_many
from tests.support.landing import Cells, deliver, write_landing
from tests.support.warehouse import Warehouse

SEASON = SEASONS[0]
CLINICS = 5
EXTREMES = {
    "date": ["0001-01-01", "9999-12-31"],
    "timestamp": ["0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"],
    "integer": ["999999999", "-999999999"],
    "decimal": ["999999999.999999", "-999999999.999999", "0.000001"],
    "string": ["x" * 2000, "a;b|c,\"d\" 'e' \U0001f600", "../../up", "{{ 0 }}%s\x7f"],
}


@pytest.fixture(scope="module")
def usual() -> dict[str, list[Cells]]:
    """Rows of small clinics by feed, and one about the same patient for each feed that they lack."""
    found: dict[str, list[Cells]] = {}
    for (feed, _, _), cells in draw_many(9101, SEASON, CLINICS).items():
        found.setdefault(feed, []).extend(cells)
    for name, contract in load_contract().feeds.items():
        if name not in found:
            plain = {column.name: _plain(column) for column in contract.columns if column.type != "boolean"}
            found[name] = [{**plain, "patient_id": found["patient"][0]["patient_id"]}]
    return found


def test_an_extreme_value_of_any_column_stops_no_night(
    usual: dict[str, list[Cells]], warehouse: Warehouse, tmp_path: Path
) -> None:
    feeds = {}
    for name, feed in load_contract().feeds.items():
        rows = list(usual[name])
        for column in feed.columns:
            for value in [] if column.values else EXTREMES.get(column.type, []):
                # Twice: what is summed by patient has twice as much of it.
                for _ in range(2):
                    key = {feed.key[0]: f"odd {len(rows)}"} if len(feed.key) == 1 else {}
                    rows.append({**usual[name][0], **key, column.name: value})
        feeds[name] = deliver(name, SEASON.as_of, rows)
    landing = write_landing(tmp_path / "landing", feeds)
    marts = warehouse.build(landing, tmp_path, as_of=SEASON.as_of, default_zone=DEFAULT_ZONE)
    try:
        assert marts.failing_tests() == {}
    finally:
        marts.close()


def _plain(column: Column) -> str:
    """An ordinary value of a column."""
    by_type = {"date": SEASON.as_of.isoformat(), "timestamp": SEASON.as_of.isoformat(), "string": "plain"}
    return column.values[0] if column.values else by_type.get(column.type, "1")
