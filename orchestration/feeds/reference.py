"""The reference tables: what the models need to know of the run itself.

Belongs here: turning the registry, the contract and the zones into small tables.
Does not belong here: findings and their severity.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb

from orchestration.feeds.contract import Contract
from orchestration.feeds.lake import Lake, engine, table, write_rows
from orchestration.feeds.reading import Rules
from orchestration.feeds.registry import State
from orchestration.feeds.report import IngestReport
from orchestration.feeds.tables import REFERENCE_COLUMNS
from orchestration.feeds.zones import is_zone, offsets_at_local, offsets_at_utc

UTC_ZONE = "UTC"


def _columns_of_feeds(contract: Contract) -> list[tuple[Any, ...]]:
    rows = []
    for feed in contract.feeds.values():
        for position, column in enumerate(feed.columns, start=1):
            key = feed.key.index(column.name) + 1 if column.name in feed.key else None
            target = contract.feeds[column.ref].key[0] if column.ref else None
            rows.append(
                (feed.name, column.name, position, column.type, column.required, key, column.ref, target)
            )
    return rows


def _zones(
    connection: duckdb.DuckDBPyConnection, lake: Lake, as_of: date | None, default_time_zone: str
) -> list[str]:
    limit = f"WHERE _delivered_on <= DATE '{as_of.isoformat()}'" if as_of else ""
    teams = table(lake.root / "raw" / "team" / "**" / "*.parquet")
    found = connection.execute(f"SELECT DISTINCT time_zone FROM {teams} {limit}").fetchall()  # noqa: S608
    named = {row[0] for row in found if row[0] and is_zone(row[0])}
    return sorted(named | {default_time_zone, UTC_ZONE})


def _unmapped(state: State, as_of: date | None) -> list[tuple[Any, ...]]:
    counted: Counter[tuple[str, str, str, str, date]] = Counter()
    for content in state.contents.values():
        delivered_on = date.fromisoformat(content.delivered_on)
        if as_of is None or delivered_on <= as_of:
            for code in content.unmapped:
                counted[code.feed, code.column_name, code.system, code.code, delivered_on] += code.rows
    return [(*key[:4], rows, key[4]) for key, rows in sorted(counted.items())]


def write_reference_tables(
    lake: Lake, rules: Rules, state: State, report: IngestReport, default_time_zone: str
) -> None:
    """Write all reference tables, each atomically.

    Args:
        lake: where to.
        rules: the contract and the hash key.
        state: the registry after this ingestion.
        report: what this ingestion found.
        default_time_zone: zone of teams that name none.
    """
    with engine(lake) as connection:
        zones = _zones(connection, lake, report.as_of_date, default_time_zone)
        rows = _rows(rules, state, report, default_time_zone, zones)
        for name, columns in REFERENCE_COLUMNS.items():
            write_rows(connection, lake.reference(name), columns, rows[name], lake.work)


def _rows(
    rules: Rules, state: State, report: IngestReport, default_time_zone: str, zones: Sequence[str]
) -> dict[str, Sequence[Sequence[Any]]]:
    """The rows of each reference table."""
    as_of = report.as_of_date
    return {
        "run_context": [(as_of, default_time_zone)] if as_of else [],
        "feed_file": [file.row() for file in report.files],
        "zone_offset_utc": [row for zone in zones for row in offsets_at_utc(zone)],
        "zone_offset_local": [row for zone in zones for row in offsets_at_local(zone)],
        "hash_key": [(rules.hash_key,)],
        "unmapped_code": _unmapped(state, as_of),
        "unjoined_identifier": sorted(state.unjoined),
        "waiting_report": sorted(state.waiting),
        "feed_column": _columns_of_feeds(rules.contract),
        "landing_notice": [(notice.kind, notice.path, notice.delivered_on) for notice in report.notices],
    }
