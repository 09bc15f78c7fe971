"""The marts depend on what was delivered, and not on row order, delivery order or repetition.

Every row gets an update time of its own here: where two versions of a key were updated at the same time, the
later delivery wins, and then the order of deliveries is part of what was delivered.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from shutil import copyfile
from typing import Any

import pytest

from tests.property.runs import DEFAULT_ZONE
from tests.property.seasons import SEASONS
from tests.property.work import draw_many
from tests.support.landing import Cells, deliver, write_landing
from tests.support.warehouse import Warehouse

SEASON = SEASONS[0]
CLINICS = 25
NIGHTS = 3
# These say when something came; all else must not know.
OF_DELIVERY = frozenset({"rpt_restatement", "dq_quarantine", "dq_feed_delivery"})
Tables = dict[str, list[str]]


@pytest.fixture(scope="module")
def rows() -> dict[str, list[Cells]]:
    """All rows by feed, each updated at a time of its own."""
    found: dict[str, list[Cells]] = {}
    updated_at = datetime(2026, 1, 1)
    for (feed, _, _), cells in draw_many(9001, SEASON, CLINICS).items():
        for one in cells:
            updated_at += timedelta(seconds=7)
            found.setdefault(feed, []).append({**one, "updated_at": updated_at.isoformat() + "Z"})
    return found


@pytest.fixture(scope="module")
def at_once(
    rows: dict[str, list[Cells]], warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tables]:
    """The marts of one delivery of everything, in order."""
    work = tmp_path_factory.mktemp("at_once")
    feeds = {feed: deliver(feed, SEASON.as_of, cells) for feed, cells in rows.items()}
    yield _tables(warehouse, write_landing(work / "landing", feeds), work)


@pytest.mark.parametrize("seed", [1, 2])
def test_scattered_repeated_and_late_deliveries_give_the_same_marts(
    seed: int, rows: dict[str, list[Cells]], at_once: Tables, warehouse: Warehouse, tmp_path: Path
) -> None:
    chance = Random(seed)  # noqa: S311 - an order of rows, not a secret
    landing = tmp_path / "landing"
    for night in range(NIGHTS):
        day = SEASON.as_of - timedelta(days=chance.choice([0, 1, 5, 20]))
        for feed, cells in rows.items():
            # Each night brings its part and, once more, some of what other nights bring.
            part = [
                one for place, one in enumerate(cells) if place % NIGHTS == night or chance.random() < 0.2
            ]
            chance.shuffle(part)
            if part:
                write_landing(landing, {feed: deliver(feed, day, part, f"night_{night}.csv")})
        copied = landing / "care_activity" / day.isoformat() / f"night_{night}.csv"
        copyfile(copied, copied.with_name(f"again_{night}.csv"))
        warehouse.ingest(landing, tmp_path, as_of=SEASON.as_of, default_zone=DEFAULT_ZONE)
    told = _tables(warehouse, landing, tmp_path)
    assert {mart for mart, lines in told.items() if lines != at_once[mart]} == set()


def test_a_folder_after_the_business_date_is_not_read(
    rows: dict[str, list[Cells]], at_once: Tables, warehouse: Warehouse, tmp_path: Path
) -> None:
    feeds = {feed: deliver(feed, SEASON.as_of, cells) for feed, cells in rows.items()}
    landing = write_landing(tmp_path / "landing", feeds)
    tombstones = [
        {**one, "is_deleted": "true", "updated_at": "2027-01-01T00:00:00Z"} for one in rows["care_activity"]
    ]
    write_landing(
        landing, {"care_activity": deliver("care_activity", SEASON.as_of + timedelta(days=1), tombstones)}
    )
    told = _tables(warehouse, landing, tmp_path)
    assert {mart for mart, lines in told.items() if lines != at_once[mart]} == set()


def _tables(warehouse: Warehouse, landing: Path, work: Path) -> Tables:
    marts = warehouse.build(landing, work, as_of=SEASON.as_of, default_zone=DEFAULT_ZONE)
    try:
        names = [name for name in warehouse.mart_names if name not in OF_DELIVERY]
        return {name: sorted(_line(row) for row in marts.rows(name)) for name in names}
    finally:
        marts.close()


def _line(row: dict[str, Any]) -> str:
    return " | ".join(f"{column}={value}" for column, value in row.items())
