"""Parquet on its way to the door.

Belongs here: turning typed columns into the text that the door reads. Does not belong here: what the values
mean.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.feeds.contract import Column, Feed
from orchestration.feeds.door import ROW, Staged
from orchestration.feeds.header import match_columns
from orchestration.feeds.lake import quoted
from orchestration.feeds.opened import FileRefused, Traits
from orchestration.feeds.site import NO_SITE, Site

WITH_ZONE = "%Y-%m-%dT%H:%M:%S.%fZ"
WITHOUT_ZONE = "%Y-%m-%dT%H:%M:%S.%f"
NO_FRACTION = r"\.0+$"
"""What a typed table adds to a whole number; to an id it does not belong."""

EXACT = {"FLOAT": 1 << 24, "DOUBLE": 1 << 53}
"""From these numbers on, several whole numbers are one."""

OLD_TIME = "INT96"
"""A type that does not say whether it is an instant or what a clock showed."""

SPARK = "org.apache.spark."
"""Begins what Spark writes into a table of itself; its old times are instants."""

FILE_ROW = "file_row_number"
"""What the engine calls the number of a row, unless the file has a column of that name."""

INSTANT = "TIMESTAMP WITH TIME ZONE"
LISTS = "_codes"
"""Ending of the columns of text that hold several values, parted by ``;``."""

IDS = "_id"
"""Ending of the columns of ids. A database may keep them as bytes, which are no text."""

NESTED = ("STRUCT(", "MAP(", "UNION(", "VARIANT")


@dataclass(frozen=True)
class _Field:
    """A column of a table: its name as it is written, that which the engine gives it, and its type."""

    name: str
    engine_name: str
    kind: str

    @property
    def is_nested(self) -> bool:
        """Whether a cell may hold several values."""
        return self.kind.endswith("]") or self.kind.startswith(NESTED)

    def text(self, column: Column | None = None) -> str:
        """SQL of the cells as text.

        Args:
            column: of the contract; None for the site's own.

        Raises:
            FileRefused: ``unsupported_type:<name>``: several values stand where one belongs.
        """
        cell, kind = 'r."' + self.engine_name.replace('"', '""') + '"', self.kind
        is_text = column is not None and column.type == "string"
        if column is not None and is_text and self.is_nested:
            if column.name.endswith(LISTS) and kind == "VARCHAR[]":
                return f"nullif(array_to_string({cell}, ';'), '')"
            raise FileRefused(f"unsupported_type:{column.name}")
        if kind == "VARCHAR":
            return cell
        if kind == INSTANT:
            return f"strftime(make_timestamp(epoch_us({cell})), '{WITH_ZONE}')"
        if kind.startswith("TIMESTAMP"):
            return f"strftime(CAST({cell} AS TIMESTAMP), '{WITHOUT_ZONE}')"
        if kind == "BLOB":
            is_id = column is not None and column.name.endswith(IDS)
            return f"coalesce(try(decode({cell})), hex({cell}))" if is_id else f"try(decode({cell}))"
        if kind in EXACT or kind.startswith("DECIMAL"):
            whole = f"regexp_replace(CAST({cell} AS VARCHAR), '{NO_FRACTION}', '')"
            if is_text and kind in EXACT:
                return f"CASE WHEN {cell} >= {EXACT[kind]} THEN printf('%.5e', {cell}) ELSE {whole} END"
            return whole
        return f"CAST({cell} AS VARCHAR)"


def _fields(connection: duckdb.DuckDBPyConnection, file: str) -> list[_Field]:
    """The columns of a table, in order. The engine gives a name that stands twice another ending."""
    described = connection.execute(
        f"DESCRIBE FROM read_parquet({file}, hive_partitioning = false)"
    ).fetchall()
    listed = connection.execute(f"SELECT name, type, num_children FROM parquet_schema({file})")  # noqa: S608
    names, below = [], 0
    for name, kind, children in listed.fetchall()[1:]:
        if not below:
            names.append((str(name), str(kind)))
        below += (children or 0) - (below > 0)
    is_instant = any(kind == OLD_TIME for _, kind in names) and _is_of_spark(connection, file)
    return [
        _Field(name, str(row[0]), INSTANT if kind == OLD_TIME and is_instant else str(row[1]))
        for (name, kind), row in zip(names, described, strict=True)
    ]


def _is_of_spark(connection: duckdb.DuckDBPyConnection, file: str) -> bool:
    said = connection.execute(f"SELECT decode(key) FROM parquet_kv_metadata({file})")  # noqa: S608
    return any(str(key).startswith(SPARK) for (key,) in said.fetchall())


def stage_parquet(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    traits: Traits,
    feed: Feed,
    work: Path,
    *,
    is_careful: bool,
    site: Site = NO_SITE,
) -> Staged:
    """Stage a Parquet file.

    Args:
        connection: reads the file's schema.
        path: the landed file.
        traits: of its bytes.
        feed: the contract.
        work: an empty folder of this file's own.
        is_careful: a Parquet file is whole or not; asked again, it is refused.
        site: names the columns that it fills.

    Returns:
        The rows as text.

    Raises:
        FileRefused: ``empty_file``, ``unreadable_file``, ``missing_column:<name>``,
            ``duplicate_column:<name>``, ``unsupported_type:<name>``.
    """
    if not traits.size:
        raise FileRefused("empty_file")
    if is_careful:
        raise FileRefused("unreadable_file")
    link = work / "table"
    link.symlink_to(path.resolve())
    file = quoted(link)
    try:
        fields = _fields(connection, file)
    except duckdb.Error:
        raise FileRefused("unreadable_file") from None
    if any("\0" in field.name for field in fields):
        raise FileRefused("unreadable_file")
    columns = match_columns([field.name for field in fields], feed, site.filled(feed))
    known = {name: fields[position].text(feed.column(name)) for name, position in columns.known.items()}
    own = {name: fields[position].text() for name, position in columns.site.items()}
    texts = [f"{text} AS text{place}" for place, text in enumerate([*known.values(), *own.values()])]
    is_taken = any(field.engine_name.lower() == FILE_ROW for field in fields)
    source = f"read_parquet({file}, hive_partitioning = false, {FILE_ROW} = {str(not is_taken).lower()})"
    texts.insert(0, f"{'row_number() OVER ()' if is_taken else f'r.{FILE_ROW} + 1'} AS {ROW}")
    return Staged(
        relation=f"SELECT {', '.join(texts)} FROM {source} AS r",  # noqa: S608
        columns={name: f"r.text{place}" for place, name in enumerate(known)},
        site={name: f"r.text{place}" for place, name in enumerate(own, len(known))},
        trim="wh_trim_unseen",
        unknown=columns.unknown,
    )
