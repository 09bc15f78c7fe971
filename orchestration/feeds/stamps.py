"""When a row was last changed, as an instant: stamps without an offset are told in their source's zone.

Belongs here: the table of offsets that the door joins. Does not belong here: the other times of a row, whose
zone is their team's and which models make instants of.
"""

from collections.abc import Iterable
from typing import Final

import duckdb

from orchestration.feeds.lake import quoted
from orchestration.feeds.zones import offsets_at_local

UTC: Final = "UTC"
_TABLE: Final = "wh_stamp_offset"


def know_zones(connection: duckdb.DuckDBPyConnection, zones: Iterable[str]) -> None:
    """Give an engine the offsets of zones.

    Args:
        connection: gets a table of them.
        zones: IANA zones.
    """
    connection.execute(
        f"CREATE OR REPLACE TABLE {_TABLE} "
        "(zone TEXT, year BIGINT, begins_at TIMESTAMP, ends_at TIMESTAMP, seconds BIGINT)"
    )
    rows = ", ".join(
        f"({quoted(zone)}, {year}, '{begin}', '{end}', {seconds})"
        for name in sorted(set(zones) - {UTC})
        for zone, year, begin, end, seconds in offsets_at_local(name)
    )
    if rows:
        connection.execute(f"INSERT INTO {_TABLE} VALUES {rows}")  # noqa: S608


def in_utc(stamp: str, is_local: str, zone: str) -> tuple[str, str]:
    """SQL of a stamp as an instant, and of the join that it needs.

    A local time that occurs twice is the first, and one that does not exist moves forward, as everywhere.

    Args:
        stamp: SQL of the stamp as it was sent.
        is_local: SQL that tells whether it has no offset of its own.
        zone: in which such a stamp is told; one that ``know_zones`` was given, or UTC.
    """
    if zone == UTC:
        return stamp, ""
    year = f"CASE WHEN {is_local} THEN year({stamp}) END"
    join = (
        f"LEFT JOIN (FROM {_TABLE} WHERE zone = {quoted(zone)}) AS told ON told.year = {year} "
        f"AND told.begins_at <= {stamp} AND told.ends_at > {stamp}"
    )
    return f"{stamp} - to_seconds(coalesce(told.seconds, 0))", join
