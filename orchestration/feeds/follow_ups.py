"""Reports of what became of something, which say its name and its new state and nothing else.

Belongs here: making a whole row of such a report from the row that it is about, so that it is a later version
of it. Does not belong here: how a report is written in a format.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

import duckdb

from orchestration.feeds.contract import Contract, Feed
from orchestration.feeds.lake import Lake, table
from orchestration.feeds.registry import State, Waiting

MARK = "Version?of="
"""What a report has in place of its patient, before the name of what it is about."""

REPORTED: dict[str, tuple[str, ...]] = {
    "referral": ("status",),
    "claim_line": ("status", "paid_amount_usd", "denial_reason"),
    "appointment": ("status", "cancelled_at", "cancelled_at_is_local"),
}
"""The columns, by feed, that a report gives; all others are those of the row that it is about."""

NO_TIME = "1900-01-01"
"""What a report has in place of its time where it does not tell any."""

OWN_TIMES = {"appointment": ("starts_at", "ends_at", "booked_at")}
"""Times, by feed, of a report that tells the first of them: it lacks its patient alone, and may have none."""

MOMENTS = {
    "referral": f"nullif(report.authored_at, TIMESTAMP '{NO_TIME}')",
    "claim_line": "report.submitted_on",
}
"""SQL, by feed, of when something became of it, for reports that do not say when they were last updated."""

Numbered = Callable[[Feed, str], str]
"""Gives rows the numbers that they are known by, from SQL to SQL."""

KNOWN = "about._delivered_on <= report._delivered_on"
KNOWN_BY_STAMP = {"appointment": f"coalesce(about.updated_at <= report.updated_at, {KNOWN})"}
"""SQL that tells the versions before a report, for feeds whose messages come in any order."""


def part_of(column: str, alias: str) -> str:
    """SQL of the end of a name that tells the part of a resource, such as ``#2`` of a claim's second line."""
    return f"regexp_extract({alias}.{column}, '#[^#]*$')" if column == "claim_line_id" else "''"


def resource_of(column: str, alias: str) -> str:
    """SQL of a name without the end that tells the part of a resource."""
    whole = f"{alias}.{column}"
    if column != "claim_line_id":
        return whole
    return f"left({whole}, len({whole}) - len({part_of(column, alias)}))"


def is_report(alias: str) -> str:
    """SQL that tells a report from a whole row."""
    return f"starts_with({alias}.patient_id, '{MARK}')"


def _union(tables: Iterable[Path]) -> str:
    return " UNION ALL BY NAME ".join(f"FROM {table(path)}" for path in tables)


def tables_of(lake: Lake, state: State, feed: str, as_of: date) -> tuple[list[Path], list[Path]]:
    """The raw tables of a feed that stand, and those that wait to be resolved."""
    whole, held = [], []
    for key, content in sorted(state.contents.items()):
        delivered_on, file_id = date.fromisoformat(content.delivered_on), key.split("/")[1]
        for part in content.parts:
            if part.feed == feed and not content.reason and delivered_on <= as_of:
                if part.resolution:
                    held += lake.all_unresolved(feed, file_id, part.held_tables)
                else:
                    whole += lake.raws(feed, delivered_on, file_id, part.tables)
    return whole, held


def _has_own_times(feed: Feed, alias: str) -> str:
    """SQL that tells a report that lacks its patient alone."""
    own = OWN_TIMES.get(feed.name)
    return f"coalesce({alias}.{own[0]} <> TIMESTAMP '{NO_TIME}', false)" if own else "false"


def _told_by(feed: Feed, name: str, given: Iterable[str]) -> str:
    """SQL of a column of a whole row: of the report, of what it is about, or of whichever says it."""
    about = f"about.{name}"
    if name in given:
        return f"report.{name}"
    if feed.name not in OWN_TIMES or name == "patient_id":
        return about
    is_time = name.removesuffix("_is_local") in OWN_TIMES[feed.name]
    own = f"report.{name}" if is_time else f"coalesce(report.{name}, {about})"
    return f"CASE WHEN {_has_own_times(feed, 'report')} THEN {own} ELSE {about} END AS {name}"


def _completed(feed: Feed, told: str, about: str) -> str:
    """SQL of whole rows: each report with the row that it is about."""
    key, reported = feed.key[0], REPORTED[feed.name]
    given = [*reported, "updated_at", "updated_at_is_local", "is_deleted", "site_columns"]
    given += ["_delivered_on", "_source_file", "_row_number", "_file_id"]
    moment = (
        f"coalesce(report.updated_at, {MOMENTS.get(feed.name, 'NULL')}, "
        "about.updated_at + INTERVAL 1 MICROSECOND) AS updated_at"
    )
    columns = ", ".join(
        moment if name == "updated_at" else _told_by(feed, name, given) for name, _ in feed.lake_columns()
    )
    # Of the versions that were there when the report came, the last; else the first that came after it.
    is_known = KNOWN_BY_STAMP.get(feed.name, KNOWN)
    order = (
        f"{is_known} DESC, CASE WHEN {is_known} THEN about.updated_at END DESC NULLS LAST, "
        f"CASE WHEN {is_known} THEN about._delivered_on END DESC NULLS LAST, about._delivered_on, "
        "about._source_file DESC, about._row_number DESC"
    )
    return f"""
        SELECT * EXCLUDE (place)
        FROM (
            SELECT {columns},
                row_number() OVER (PARTITION BY report._file_id, report._row_number, report.{key}
                                   ORDER BY {order}) AS place
            FROM ({told}) AS report
            LEFT JOIN ({about}) AS about ON about.{key} = report.{key}
            WHERE about.{key} IS NOT NULL OR {_has_own_times(feed, "report")}
        )
        WHERE place = 1
        """  # noqa: S608


def _complete(
    connection: duckdb.DuckDBPyConnection, feed: Feed, whole: list[Path], held: list[Path], numbered: Numbered
) -> None:
    """Make the table of a feed's reports as whole rows: first of those that lack their patient alone.

    One that lacks its times may be about one of those.
    """
    key, told, target = feed.key[0], f"told_{feed.name}", f"completed_{feed.name}"
    has_own_times = _has_own_times(feed, "r")
    reports, every = numbered(feed, _union(held)), numbered(feed, _union([*whole, *held]))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {told} AS "  # noqa: S608
        f"SELECT r.* REPLACE (coalesce(known.id || {part_of(key, 'r')}, r.{key}) AS {key}) "
        f"FROM ({reports}) AS r LEFT JOIN known ON {resource_of(key, 'r')} = known.asked "
        f"WHERE {is_report('r')}"
    )
    about = (
        f"FROM ({every}) AS r WHERE NOT {is_report('r')} AND NOT is_deleted "  # noqa: S608
        f"AND r.{key} IN (SELECT {key} FROM {told})"
    )
    first = _completed(feed, f"FROM {told} AS r WHERE {has_own_times}", about)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {target} AS {first}")
    about += f" UNION ALL BY NAME FROM {target} WHERE NOT is_deleted"
    rest = _completed(feed, f"FROM {told} AS r WHERE NOT {has_own_times}", about)
    connection.execute(f"INSERT INTO {target} BY NAME {rest}")


def _count_waiting(connection: duckdb.DuckDBPyConnection, feed: Feed, held: list[Path]) -> Iterator[Waiting]:
    """The reports whose subject never came, by the date that they were delivered on."""
    names = f"_delivered_on, _file_id, _row_number, {feed.key[0]}"
    reports = f"SELECT DISTINCT {names} FROM ({_union(held)}) AS r"  # noqa: S608
    found = connection.execute(
        f"""
        SELECT _delivered_on, sum(number)
        FROM (
            SELECT _delivered_on, count(*) AS number FROM ({reports} WHERE {is_report("r")})
            GROUP BY _delivered_on
            UNION ALL
            SELECT _delivered_on, -count(*) FROM completed_{feed.name} GROUP BY _delivered_on
        )
        GROUP BY _delivered_on HAVING sum(number) > 0 ORDER BY _delivered_on
        """  # noqa: S608
    )
    for delivered_on, number in found.fetchall():
        yield feed.name, int(number), delivered_on


def complete_reports(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    contract: Contract,
    state: State,
    as_of: date,
    numbered: Numbered,
) -> Mapping[str, str]:
    """Make whole rows of all reports whose subject was delivered up to a date.

    Args:
        connection: has the table ``known`` of what references lead to; gets the rows as temporary tables.
        lake: where the tables lie.
        contract: the feeds.
        state: the registry; the reports whose subject was not delivered are counted in it.
        as_of: later deliveries are not looked at.
        numbered: gives reports, and what they are about, the same numbers.

    Returns:
        By feed, SQL of the whole rows of its reports; only feeds with tables that wait.
    """
    found = {}
    for name in REPORTED:
        whole, held = tables_of(lake, state, name, as_of)
        if held:
            _complete(connection, contract.feeds[name], whole, held, numbered)
            state.waiting += _count_waiting(connection, contract.feeds[name], held)
            found[name] = f"completed_{name}"
    return found
