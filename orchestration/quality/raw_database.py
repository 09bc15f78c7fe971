"""The raw lake as a small DuckDB file: a view a feed, what ingestion knows, and the rules that list codes.

Belongs here: making the file that the raw gate reads. Does not belong here: any check.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from expectations.check import version_order
from expectations.raw_codes import CODE_LISTS
from orchestration.feeds.contract import Contract, Feed, load_contract

DATED_REFERENCES: Final = ("feed_file", "unmapped_code", "unjoined_identifier", "waiting_report")
UNDATED_REFERENCES: Final = ("run_context", "zone_offset_utc", "zone_offset_local", "landing_notice")


def build_raw_database(
    database: Path,
    *,
    lake: Path,
    quarantine: Path,
    seeds: Path,
    as_of: date,
    contract: Contract | None = None,
) -> None:
    """Make the file anew: views over the Parquet files as dbt reads them, up to the business date.

    A table whose files are missing or unreadable is left out; the checks over it then become errors.

    Args:
        database: the file to make; its folder is made.
        lake: folder of the accepted rows.
        quarantine: folder of the rejected rows.
        seeds: folder of the rules.
        as_of: deliveries after it are not seen.
        contract: the feeds; the project's own unless a test brings another.
    """
    contract = contract or load_contract()
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for leftover in (database, database.with_name(f"{database.name}.wal")):
        leftover.unlink(missing_ok=True)
    until = f"<= date '{as_of.isoformat()}'"
    views = {
        feed: _select(lake / "raw" / feed / "**" / "*.parquet", f"_delivered_on {until}")
        for feed in contract.feeds
    }
    for table in DATED_REFERENCES:
        views[table] = _select(lake / "reference" / f"{table}.parquet", f"delivered_on {until}")
    for table in UNDATED_REFERENCES:
        views[table] = _select(lake / "reference" / f"{table}.parquet", "true")
    views["quarantine"] = _select(quarantine / "**" / "*.parquet", f"delivered_on {until}")
    for feed in _referenced(contract.feeds.values()):
        views[f"known_{feed}"] = _known_keys(contract.feeds[feed])
    with duckdb.connect(str(database)) as connection:
        for seed in CODE_LISTS:
            _create(connection, f"create table {seed} as {_read_seed(seeds / f'{seed}.csv')}")
        for name, query in views.items():
            _create(connection, f"create view {name} as {query}")
    database.chmod(0o600)


def _create(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    try:
        connection.execute(statement)
    except duckdb.Error:
        return


def _literal(path: Path) -> str:
    return "'" + str(path.absolute()).replace("'", "''") + "'"


def _select(files: Path, condition: str) -> str:
    return (
        f"select * from read_parquet({_literal(files)}, "  # noqa: S608
        f"union_by_name = true, hive_partitioning = false) where {condition}"
    )


def _read_seed(file: Path) -> str:
    return f"select * from read_csv({_literal(file)}, header = true, all_varchar = true)"  # noqa: S608


def _referenced(feeds: Iterable[Feed]) -> list[str]:
    return sorted({column.ref for feed in feeds for column in feed.columns if column.ref})


def _known_keys(feed: Feed) -> str:
    """Keys of a feed whose latest version is not a tombstone."""
    (key,) = feed.key
    return (
        f"select {key} as known_key from {feed.name} "  # noqa: S608
        f"where not is_deleted and {key} is not null and {key} not in ("
        f"select gone.{key} from {feed.name} as gone where gone.is_deleted and gone.{key} is not null "
        f"and not exists (select 1 from {feed.name} as back where back.{key} = gone.{key} "
        f"and not back.is_deleted and {version_order('back')} > {version_order('gone')}))"
    )
