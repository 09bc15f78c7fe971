"""Codes that no row knows, as a finding may show them.

Belongs here: counting them, and which of them are shown. Does not belong here: what is known
(``seeds/code_map.csv``), and which expressions look for the others (``fhir_plan.py``).
"""

from collections.abc import Iterator
from typing import Final

import duckdb

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
