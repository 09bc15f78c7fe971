"""Where things lie in the lake, and how a file gets there whole or not at all.

Belongs here: paths, atomic writes, the empty tables that stand for feeds that were never delivered.
Does not belong here: what is written into the tables.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.feeds.contract import Contract
from orchestration.feeds.tables import QUARANTINE_COLUMNS, REFERENCE_COLUMNS


@dataclass(frozen=True)
class Lake:
    """Paths of one lake and of the quarantine beside it."""

    root: Path
    quarantine: Path

    @property
    def work(self) -> Path:
        """Scratch space on the lake's own file system, emptied at the start of each ingestion."""
        return self.root / "work"

    @property
    def registry(self) -> Path:
        """What ingestion remembers; private to it."""
        return self.root / "registry"

    def raw(self, feed: str, delivered_on: date, file_id: str) -> Path:
        """The raw table of one landed file."""
        return self.root / "raw" / feed / f"delivered_on={delivered_on.isoformat()}" / f"{file_id}.parquet"

    def raws(self, feed: str, delivered_on: date, file_id: str, tables: int) -> list[Path]:
        """The raw tables of one landed file that was read in pieces; one of a file that was not."""
        return _one_by_one(self.raw(feed, delivered_on, file_id), tables)

    def refused(self, feed: str, file_id: str) -> Path:
        """The refused rows of one landed file."""
        return self.quarantine / feed / f"{file_id}.parquet"

    def reference(self, name: str) -> Path:
        """A reference table."""
        return self.root / "reference" / f"{name}.parquet"

    def unresolved(self, feed: str, file_id: str) -> Path:
        """A raw table whose references by identifier wait to be resolved."""
        return self.root / "unresolved" / feed / f"{file_id}.parquet"

    def all_unresolved(self, feed: str, file_id: str, tables: int) -> list[Path]:
        """The tables that wait, of one landed file; several of one that was read in pieces."""
        return _one_by_one(self.unresolved(feed, file_id), tables)

    def crosswalk(self, file_id: str) -> Path:
        """The rows of one file of the crosswalk of identifiers."""
        return self.root / "crosswalk" / f"{file_id}.parquet"

    def identifiers(self, file_id: str) -> Path:
        """The identifiers that the resources of one FHIR file carry."""
        return self.root / "identifiers" / f"{file_id}.parquet"


def _one_by_one(first: Path, tables: int) -> list[Path]:
    return [first, *(first.with_name(f"{first.stem}.{number}.parquet") for number in range(2, tables + 1))]


WRITTEN = "FORMAT parquet, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1000"
"""How tables of the lake are written, which only this package's engine reads: mostly unlike values need no
dictionary."""


def quoted(text: str | Path) -> str:
    """A SQL string literal."""
    return "'" + str(text).replace("'", "''") + "'"


def table(*paths: Path) -> str:
    """SQL that reads Parquet files, or a pattern of them, by their own columns alone."""
    return f"read_parquet([{', '.join(map(quoted, paths))}], hive_partitioning = false)"


def write_table(connection: duckdb.DuckDBPyConnection, rows: str, made: Path) -> Path:
    """Write what a query gives as a Parquet file, not yet in its place.

    Args:
        connection: any.
        rows: the query.
        made: a path in a scratch folder.

    Returns:
        The same path.
    """
    connection.execute(f"COPY ({rows}) TO {quoted(made)} ({WRITTEN})")
    return made


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are not there, so that only their owner can open them."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def move_into_place(made: Path, final: Path) -> None:
    """Put a finished file under its final name, and wait until the disk has it."""
    put_under_name(made, final)
    sync_folder(final.parent)


def put_under_name(made: Path, final: Path) -> None:
    """Put a finished file under its final name, so that readers see the old or the new one whole.

    Args:
        made: the file; it is on the disk before it has its name.
        final: the name, of which the disk may know a little later.
    """
    make_folder(final.parent)
    made.chmod(0o600)
    with made.open("rb") as handle:
        os.fsync(handle.fileno())
    made.replace(final)


def write_json(final: Path, document: Any) -> None:
    """Write a JSON document atomically, keys sorted."""
    make_folder(final.parent)
    made = final.with_name(f".{final.name}.made")
    made.write_text(json.dumps(document, sort_keys=True, separators=(",", ":")), encoding="utf-8")
    move_into_place(made, final)


def set_variable(connection: duckdb.DuckDBPyConnection, name: str, text: str) -> None:
    """Set a variable of a connection to a text that may be secret.

    The text is in hexadecimal digits, so that no statement can fail over it and quote it. A parameter would
    have the engine import pandas, which costs more than reading a small file.

    Args:
        connection: gets it.
        name: of the variable.
        text: any.
    """
    connection.execute(f"SET VARIABLE {name} = decode(unhex('{text.encode().hex()}'))")


def write_rows(
    connection: duckdb.DuckDBPyConnection,
    final: Path,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[Any]],
    work: Path,
) -> None:
    """Write rows as a Parquet file, atomically; a file that says the same already is left alone.

    Args:
        connection: any.
        final: where the file shall be.
        columns: names and DuckDB types.
        rows: one sequence a row, in column order.
        work: a scratch folder on the same file system.
    """
    make_folder(work)
    made = work / f"{final.parent.name}-{final.stem}.made"
    listed = made.with_suffix(".rows")
    names = [name for name, _ in columns]
    with listed.open("w", encoding="utf-8") as handle:
        for row in rows:
            named = dict(zip(names, row, strict=True))
            handle.write(json.dumps(named, ensure_ascii=False, default=_iso) + "\n")
    types = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in columns)
    read = f"read_json({quoted(listed)}, format = 'newline_delimited', records = true, columns = {{{types}}})"
    write_table(connection, f"FROM {read}", made)
    listed.unlink()
    if final.exists() and final.read_bytes() == made.read_bytes():
        made.unlink()
        return
    move_into_place(made, final)


def _iso(value: date) -> str:
    """A date or a time as JSON has it."""
    return value.isoformat()


def empty_work(lake: Lake) -> None:
    """Drop what an interrupted ingestion left half made."""
    shutil.rmtree(lake.work, ignore_errors=True)
    make_folder(lake.work)


@contextmanager
def engine(
    lake: Lake, memory_limit: str | None = None, *, number: int = 0, of: int = 1
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB engine of one thread that spills beside the lake and reaches no network.

    Rows are numbered in the order of their file, which one thread does alone; a second one in the same engine
    would only wait for it, and doubles the work by waiting. Files, and pieces of large ones, are read side by
    side by several engines.

    Args:
        lake: where to spill.
        memory_limit: what all of them may use, such as ``4GB``; the engine's own choice if None.
        number: which one this is.
        of: how many there are.
    """
    make_folder(lake.work)
    connection = duckdb.connect(config={"threads": 1})
    try:
        connection.execute(f"SET temp_directory = {quoted(lake.work / f'spill{number}')}")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET enable_progress_bar = false")
        # A file's rows are badly estimated, and joins are written with the small table on the right: swapped,
        # the whole file would be held in memory.
        connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side,in_clause'")
        if memory_limit is not None:
            connection.execute(f"SET memory_limit = {quoted(memory_limit)}")
        amount, unit = str(_setting(connection, "memory_limit")).split()
        connection.execute(f"SET memory_limit = '{float(amount) / of:.1f} {unit}'")
        yield connection
    finally:
        connection.close()


def _setting(connection: duckdb.DuckDBPyConnection, name: str) -> object:
    found = connection.execute(f"SELECT current_setting({quoted(name)})").fetchone()
    return found[0] if found else None


def write_empty_lake(root: Path, quarantine: Path, contract: Contract) -> Lake:
    """Make every table that the models read, without rows, where it is not there yet.

    A feed that was never delivered is then an empty table of the right types instead of a missing file.

    Args:
        root: the lake's folder.
        quarantine: the quarantine's folder.
        contract: the feeds.

    Returns:
        The lake's paths.
    """
    lake = Lake(root, quarantine)
    for folder in (root, quarantine, lake.work, lake.registry):
        make_folder(folder)
    with engine(lake) as connection:
        tables = [
            (root / "raw" / feed.name / "_schema.parquet", feed.lake_columns())
            for feed in contract.feeds.values()
        ]
        tables.append((quarantine / "_schema.parquet", list(QUARANTINE_COLUMNS)))
        for final, columns in tables:
            write_schema(connection, lake, final, columns)
        for name, wanted in REFERENCE_COLUMNS.items():
            if not lake.reference(name).exists():
                write_schema(connection, lake, lake.reference(name), wanted)
    return lake


def write_schema(
    connection: duckdb.DuckDBPyConnection, lake: Lake, final: Path, columns: Sequence[tuple[str, str]]
) -> None:
    """Write a Parquet file without rows, unless the one in place has just these columns."""
    if final.exists():
        found = connection.execute(f"DESCRIBE FROM {table(final)}").fetchall()
        if [(row[0], row[1]) for row in found] == list(columns):
            return
    nothing = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in columns)
    made = lake.work / f"{final.parent.name}-schema.made"
    move_into_place(write_table(connection, f"SELECT {nothing} WHERE false", made), final)
