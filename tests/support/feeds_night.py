"""A landing, a lake and a quarantine of a test's own, and what stands in them.

Belongs here: landing bytes, running ingestion, reading its tables back as rows.
Does not belong here: what is expected of them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from orchestration.feeds import door, fhir_resources, values
from orchestration.feeds.contract import load_contract
from orchestration.feeds.flat import read_flat
from orchestration.feeds.ingest import SEEDS, IngestReport, ingest, mark_loaded
from orchestration.feeds.lake import Lake, set_variable
from orchestration.feeds.opened import Traits, read_through
from orchestration.feeds.reading import Reading, Rules
from orchestration.feeds.registry import Content, Copy
from orchestration.feeds.site import NO_SITE, Site
from orchestration.feeds.upkeep import STANDARD_READERS

KEY = "a key of these tests"
Row = dict[str, Any]


@cache
def engine_of_tests(number: int = 0) -> duckdb.DuckDBPyConnection:
    """An engine for all tests of a process; starting one costs more than most of them.

    Args:
        number: which one.
    """
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(values.MACROS)
    connection.execute(fhir_resources.MACROS)
    set_variable(connection, door.HASH_KEY, KEY)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def rows_of(source: str) -> list[Row]:
    """The rows of a query as dictionaries."""
    found = engine_of_tests().execute(source)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def csv_text(rows: Iterable[Mapping[str, str]]) -> str:
    """Rows as delimited text; no cell may need quotes."""
    listed = list(rows)
    lines = [",".join(listed[0])] + [",".join(row.values()) for row in listed]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes:
        content: as the registry keeps it.
        rows: raw rows of the file, in order of their numbers, without the columns that begin with ``_``.
        numbers: the row number of each.
        refused: row number and reason of each refused row.
        hashes: the key hash of each refused row.
    """

    content: Content
    rows: list[Row]
    numbers: list[int]
    refused: list[tuple[int, str]]
    hashes: list[str | None]

    @property
    def counts(self) -> tuple[int, int, int]:
        """Rows read, accepted and quarantined, over all feeds."""
        parts = self.content.parts
        return (
            sum(part.rows_read for part in parts),
            sum(part.rows_accepted for part in parts),
            sum(part.rows_quarantined for part in parts),
        )


def read_file(
    root: Path,
    feed: str,
    content: bytes | str,
    name: str = "a.csv",
    raw_feed: str = "",
    reader: Callable[[Reading, Path, Traits], Content] | None = None,
) -> Outcome:
    """Read one file without a night around it.

    Args:
        root: an empty folder.
        feed: its feed, ``fhir`` or ``hl7v2``.
        content: its bytes.
        name: its name; the suffix tells the format.
        raw_feed: the feed whose rows are wanted, if it is not ``feed``.
        reader: who reads it, if that is not who reads files of its kind.

    Returns:
        What became of it.
    """
    path = root / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    lake = Lake(root / "lake", root / "quarantine")
    file_id, traits = read_through(path)
    standard = {"fhir": "fhir_ndjson", "hl7v2": "hl7v2"}
    kind = standard.get(feed, "parquet" if name.endswith(".parquet") else "csv")
    copy = Copy(feed, "2025-01-31", f"{feed}/2025-01-31/{name}", kind, file_id)
    reading = Reading(engine_of_tests(), Rules(load_contract(), SEEDS, KEY, "rules"), lake, copy)
    read = reader or STANDARD_READERS.get(kind, read_flat)
    became = read(reading, path, traits)
    reading.close()
    raw = lake.raw(raw_feed or feed, date(2025, 1, 31), file_id)
    table = f"read_parquet('{raw.with_suffix('')}*.parquet', hive_partitioning = false)"
    found = rows_of(f"SELECT * FROM {table} ORDER BY _row_number") if raw.exists() else []
    refusals = sorted(lake.quarantine.rglob(f"{file_id}.parquet"))
    refused = [row for table in refusals for row in rows_of(f"SELECT * FROM '{table}' ORDER BY row_number")]
    return Outcome(
        became,
        [{name: value for name, value in row.items() if not name.startswith("_")} for row in found],
        [row["_row_number"] for row in found],
        [(row["row_number"], row["reason"]) for row in refused],
        [row["record_key_hash"] for row in refused],
    )


class Nights:
    """A landing and a home that nights are run over."""

    def __init__(self, root: Path) -> None:
        """Name the folders.

        Args:
            root: a folder of the test's own.
        """
        self.landing = root / "landing"
        self.lake = root / "lake"
        self.quarantine = root / "quarantine"

    def land(self, source_file: str, content: bytes | str) -> Path:
        """Put bytes under a path of the landing."""
        path = self.landing / source_file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(
        self,
        as_of: date | None = None,
        zone: str = "UTC",
        seeds: Path = SEEDS,
        site: Site = NO_SITE,
        threads: int = 1,
    ) -> IngestReport:
        """Ingest."""
        return ingest(
            self.landing,
            self.lake,
            self.quarantine,
            as_of=as_of,
            default_time_zone=zone,
            hash_key=KEY,
            threads=threads,
            seeds=seeds,
            site=site,
        )

    def built(self, as_of: date) -> None:
        """Say that a build has succeeded."""
        mark_loaded(self.lake, as_of)

    def raw(self, feed: str) -> list[Row]:
        """All raw rows of a feed, by date, file and row."""
        files = self.lake / "raw" / feed / "**" / "*.parquet"
        return rows_of(
            f"SELECT * FROM read_parquet('{files}', hive_partitioning = false, union_by_name = true) "
            "ORDER BY _delivered_on, _source_file, _row_number"
        )

    def refused(self) -> list[tuple[str, int, str]]:
        """Feed, row number and reason of all refused rows, with the file's path."""
        rows = rows_of(
            f"SELECT * FROM read_parquet('{self.quarantine}/**/*.parquet', union_by_name = true) "
            "ORDER BY feed, delivered_on, source_file, row_number"
        )
        return [(row["source_file"], row["row_number"], row["reason"]) for row in rows]

    def reference(self, name: str) -> list[Row]:
        """The rows of a reference table."""
        return rows_of(f"SELECT * FROM '{self.lake}/reference/{name}.parquet' ORDER BY ALL")

    def everything(self) -> dict[str, list[Row]]:
        """All rows of lake and quarantine by path, to compare two homes."""
        found = {}
        for root in (self.lake, self.quarantine):
            for path in sorted(root.rglob("*.parquet")):
                rows = rows_of(f"SELECT * FROM read_parquet('{path}', hive_partitioning = false)")
                found[f"{root.name}/{path.relative_to(root)}"] = rows
        return found
