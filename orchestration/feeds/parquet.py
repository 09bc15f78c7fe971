"""Parquet on its way to the door.

Belongs here: turning typed columns into the text that the door reads. Does not belong here: what the values
mean.
"""

from pathlib import Path

import duckdb

from orchestration.feeds.contract import Feed
from orchestration.feeds.door import ROW, Staged
from orchestration.feeds.header import match_columns
from orchestration.feeds.lake import quoted
from orchestration.feeds.opened import FileRefused, Traits
from orchestration.feeds.site import NO_SITE, Site

WITH_ZONE = "%Y-%m-%dT%H:%M:%S.%fZ"
WITHOUT_ZONE = "%Y-%m-%dT%H:%M:%S.%f"
NO_FRACTION = r"\.0+$"
"""What a typed table adds to a whole number; to an id it does not belong."""


def _as_text(name: str, kind: str) -> str:
    column = 'r."' + name.replace('"', '""') + '"'
    if kind == "VARCHAR":
        return column
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime(make_timestamp(epoch_us({column})), '{WITH_ZONE}')"
    if kind.startswith("TIMESTAMP"):
        return f"strftime(CAST({column} AS TIMESTAMP), '{WITHOUT_ZONE}')"
    if kind == "BLOB":
        return f"try(decode({column}))"
    if kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL"):
        return f"regexp_replace(CAST({column} AS VARCHAR), '{NO_FRACTION}', '')"
    return f"CAST({column} AS VARCHAR)"


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
            ``duplicate_column:<name>``.
    """
    if not traits.size:
        raise FileRefused("empty_file")
    if is_careful:
        raise FileRefused("unreadable_file")
    link = work / "table"
    link.symlink_to(path.resolve())
    source = f"read_parquet({quoted(link)}, hive_partitioning = false, file_row_number = true)"
    try:
        described = connection.execute(f"DESCRIBE FROM {source}").fetchall()
    except duckdb.Error:
        raise FileRefused("unreadable_file") from None
    named = [(row[0], row[1]) for row in described if row[0] != "file_row_number"]
    if any("\0" in name for name, _ in named):
        raise FileRefused("unreadable_file")
    columns = match_columns([name for name, _ in named], feed, site.filled(feed))
    texts = [_as_text(name, kind) for name, kind in named]
    return Staged(
        relation=f"SELECT file_row_number + 1 AS {ROW}, * FROM {source}",  # noqa: S608
        columns={name: texts[position] for name, position in columns.known.items()},
        site={name: texts[position] for name, position in columns.site.items()},
        trim="wh_trim_unseen",
        unknown=columns.unknown,
    )
