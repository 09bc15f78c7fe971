"""A small raw lake for the tests of the raw gate: rows name the columns that matter, the rest is blank.

Belongs here: writing Parquet files as ingestion does. Does not belong here: what is expected of them.
"""

import shutil
from collections.abc import Collection
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import duckdb

from orchestration.feeds.contract import load_contract
from orchestration.feeds.due import Due
from orchestration.feeds.lake import write_empty_lake
from orchestration.feeds.tables import QUARANTINE_COLUMNS, REFERENCE_COLUMNS
from orchestration.quality.findings import CheckResult
from orchestration.quality.gates import run_checks
from orchestration.quality.raw_database import build_raw_database
from orchestration.quality.suites import SEEDS, load_checks
from tests.unit.quality_direct import validate

AS_OF = date(2026, 4, 15)


class RawLake:
    """A lake and a quarantine in a folder, with a business date and one time zone."""

    def __init__(self, folder: Path) -> None:
        """Name the places in a folder."""
        self.folder = folder
        self.root, self.quarantine = folder / "lake", folder / "quarantine"
        self.database = folder / "raw.duckdb"

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Make the empty lake, as ingestion leaves it when nothing was delivered."""
        lake = cls(folder)
        write_empty_lake(lake.root, lake.quarantine, load_contract())
        lake.refer("run_context", {"as_of_date": AS_OF, "default_time_zone": "UTC"})
        for name in ("zone_offset_utc", "zone_offset_local"):
            lake.refer(name, {"time_zone": "America/New_York", "offset_seconds": -18000})
        return lake

    def copy(self, folder: Path) -> "RawLake":
        """Copy the lake."""
        return RawLake(Path(shutil.copytree(self.folder, folder)))

    def add(self, feed: str, *rows: dict[str, Any], on: date = AS_OF, file: str = "a") -> None:
        """Add accepted rows of one file."""
        common = {"is_deleted": False, "_delivered_on": on, "_source_file": f"{feed}/{on}/{file}.csv"}
        numbered = [common | {"_row_number": number} | row for number, row in enumerate(rows, start=1)]
        place = self.root / "raw" / feed / f"delivered_on={on}" / f"{file}.parquet"
        write_parquet(place, load_contract().feeds[feed].lake_columns(), numbered)

    def deliver(self, feed: str, *files: dict[str, Any]) -> None:
        """Say of files that they were delivered; each one has to say when."""
        common = {"feed": feed, "status": "accepted", "rows_read": 100, "rows_quarantined": 0}
        self.refer(
            "feed_file", *(common | {"source_file": f"{n}.csv"} | file for n, file in enumerate(files))
        )

    def refer(self, table: str, *rows: dict[str, Any]) -> None:
        """Replace a reference table."""
        write_parquet(self.root / "reference" / f"{table}.parquet", REFERENCE_COLUMNS[table], list(rows))

    def refuse(
        self, feed: str, rows: int, on: date = AS_OF, reason: str = "malformed_row", file: str = "a.csv"
    ) -> None:
        """Put rows of a file into quarantine."""
        common = {"feed": feed, "delivered_on": on, "reason": reason, "source_file": file}
        refused = [common | {"row_number": number + 1} for number in range(rows)]
        write_parquet(self.quarantine / feed / f"{on}.parquet", QUARANTINE_COLUMNS, refused)

    def run(
        self, *names: str, dues: dict[str, Due] | None = None, required: Collection[str] = ()
    ) -> dict[str, CheckResult]:
        """Run the checks of the given names (``table.check``, or its beginning), or all of them."""
        build_raw_database(
            self.database, lake=self.root, quarantine=self.quarantine, seeds=SEEDS, as_of=AS_OF
        )
        checks = [
            check
            for check in load_checks("raw", as_of=AS_OF, dues=dues, required=required)
            if not names or f"{check.table_name}.{check.name}".startswith(names)
        ]
        results = run_checks(checks, database=self.database, validate=validate)
        return {result.check_id.removeprefix("raw."): result for result in results}


def write_parquet(place: Path, columns: Any, rows: list[dict[str, Any]]) -> None:
    """Write rows with the given columns and engine types; a column that a row does not name is blank."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"create table made ({', '.join(f'{name} {kind}' for name, kind in columns)})")
        for row in rows:
            connection.execute(
                f"insert into made ({', '.join(row)}) values ({', '.join('?' * len(row))})",
                list(row.values()),
            )
        connection.execute(f"copy made to '{place}' (format parquet)")


def days_before(days: int) -> date:
    """The business date, so many days earlier."""
    return AS_OF - timedelta(days=days)


def at(hour: int) -> datetime:
    """An hour of the business date."""
    return datetime(AS_OF.year, AS_OF.month, AS_OF.day, hour)
