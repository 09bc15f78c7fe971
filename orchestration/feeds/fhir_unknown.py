"""Codes that no row knows, as a finding may show them.

Belongs here: where there may be some, counting them, and which of them are shown. Does not belong here: what
is known (``seeds/code_map.csv``), and which expressions look for the others (``fhir_plan.py``).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb

from orchestration.feeds.door import ROW
from orchestration.feeds.fhir_joins import SAID_TABLE
from orchestration.feeds.fhir_plan import Plan
from orchestration.feeds.fhir_rows import Row
from orchestration.feeds.lake import table

SHOWN_CODE: Final = "'[A-Za-z0-9][A-Za-z0-9 ._:/&+-]{0,63}|https?://[A-Za-z0-9._:/&+|#-]{1,120}'"
"""Unknown codes of this form are shown in a finding; anything else might be more than a code."""

OPEN_TEXT: Final = ("staffing",)
"""Feeds whose words are about no patient: where they stand in place of a code, a finding shows them."""

DOUBTFUL: Final = {
    "timestamp": "{0} IS NULL OR {0}_is_local AND CAST({0} AS TIME) IN ('00:00:00', '23:59:59')",
    "decimal": "{0} IS NULL OR {0} < 0",
    "onset_on": "day({0}) = 1",
}
"""By type or column, where a kept row may hold what is a finding although the row was let in.

What is only a date, or part of one, has no time, and was let in with the first or the last second of a day.
"""


def count_codes(
    connection: duckdb.DuckDBPyConnection, codings: str, feed: str, file: str
) -> Iterator[tuple[int, str, str, int]]:
    """Count unknown codes.

    Args:
        connection: has what the query reads.
        codings: a query of one ``coding`` a row, with the number of its line.
        feed: the feed that lacks them.
        file: SQL of which of the files that are read together a line is from.

    Yields:
        File, system, code (empty where it is not shown) and number.
    """
    shown = f"regexp_full_match(coding.code, {SHOWN_CODE})"
    if feed not in OPEN_TEXT:
        shown += " AND coding.system IS DISTINCT FROM 'text'"
    counted = connection.execute(
        f"SELECT {file}, coalesce(coding.system, ''), CASE WHEN {shown} THEN coding.code ELSE '' END, "  # noqa: S608
        f"count(*) FROM ({codings}) GROUP BY ALL ORDER BY ALL"
    )
    for found, system, code, number in counted.fetchall():
        yield int(found), system, code, int(number)


def may_be_unknown(
    connection: duckdb.DuckDBPyConnection, plan: Plan, row: Row, column: str, made: Path
) -> bool:
    """Whether an unknown code may be behind a column, by what it costs little to look at.

    Args:
        connection: has what the codes of a piece mean.
        plan: of the type.
        row: of the feed.
        column: that is looked up.
        made: the table of the feed's rows, of which none was refused.
    """

    def is_any(source: str) -> bool:
        return connection.execute(f"SELECT 1 FROM {source} LIMIT 1").fetchone() is not None  # noqa: S608

    name = f"{row.prefix}{column}_first"
    place = plan.places[name]
    if place == "codes":
        return is_any(f'(SELECT "{name}" AS coding FROM {SAID_TABLE}) WHERE coding.code IS NOT NULL')  # noqa: S608
    doubtful = DOUBTFUL.get(column, DOUBTFUL.get(row.feed.column(column).type))
    if column in row.mapping.listed and doubtful:
        return is_any(f"{table(made)} WHERE {doubtful.format(column)}")
    if column in row.mapping.listed and (place == "line" or column in row.feed.required):
        return True
    if getattr(row.mapping.coded.get(column), "otherwise", None) not in (None, "NULL", "'other'"):
        return True
    return is_any(f"{table(made)} WHERE coalesce(CAST(\"{column}\" AS VARCHAR), 'other') = 'other'")


def lines_with_unknown(
    connection: duckdb.DuckDBPyConnection, plan: Plan, row: Row, column: str, lines: str
) -> str:
    """SQL of the lines of which a column's code may be unknown.

    Where the codes that many lines have alike hold no unknown one, only lines that say more are left.

    Args:
        connection: has the lines and what their codes mean.
        plan: of the type.
        row: of the feed.
        column: that is looked up.
        lines: SQL of lines that fill the feed.
    """
    own = plan.own_names(row, column)
    if plan.is_sorted or row.takes or row.mapping.each or not (own and plan.codes):
        return lines
    listed = ", ".join(f'"{name}"' for name in own)
    nothing = f"(SELECT {listed} FROM {lines} LIMIT 0)"  # noqa: S608
    alone = f"(SELECT 0 AS {ROW}, c.*, o.* FROM {SAID_TABLE} AS c LEFT JOIN {nothing} AS o ON false)"  # noqa: S608
    if connection.execute(f"{plan.unknown(row, column, alone)} LIMIT 1").fetchone():
        return lines
    says_more = " OR ".join(f'"{name}" IS NOT NULL' for name in own)
    return f"(FROM {lines} WHERE {says_more})"
