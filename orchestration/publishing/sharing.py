"""What people who may not see patients may see: ids as keyed hashes, and no count that points at a few.

Belongs here: the mechanisms, which know no mart. Does not belong here: which marts, rows and columns are
shared (``marts.yml``), and how small is small (``small_cell_minimum`` of ``seeds/threshold.csv``).
"""

import hashlib
from datetime import date

import duckdb

from orchestration.publishing.engine import literal
from orchestration.publishing.errors import PublishError

MINIMUM = "small_cell_minimum"
"""The row of ``seeds/threshold.csv`` that says below which number a count of people is hidden."""


def hashed_id(hash_key: str, kind: str, value: str) -> str:
    """An id that is the same in every shared file and says nothing without the key.

    Args:
        hash_key: the home's secret.
        kind: the column, so that equal ids of different kinds differ.
        value: the id.

    Returns:
        64 hexadecimal digits.
    """
    return hashlib.sha256(f"{hash_key}|{kind}|{value}".encode()).hexdigest()


def hashed_id_sql(expression: str, kind: str, hash_key: str) -> str:
    """The same as ``hashed_id``, as SQL over an expression; null stays null."""
    return f"sha256({literal(f'{hash_key}|{kind}|')} || {expression})"


def smallest_shown(engine: duckdb.DuckDBPyConnection, thresholds: str, as_of_date: date) -> int:
    """The smallest count of people that is shown on a business date.

    Args:
        engine: an open connection.
        thresholds: the table of ``seeds/threshold.csv``, as SQL.
        as_of_date: the business date.

    Raises:
        PublishError: no row, or no whole number of people, is in force; nothing may be shared then.
    """
    found = engine.execute(
        f"select value from {thresholds} where name = {literal(MINIMUM)} "  # noqa: S608
        "and coalesce(valid_from, ?) <= ? and coalesce(valid_to, ?) >= ?",
        [as_of_date] * 4,
    ).fetchall()
    values = [value for (value,) in found if value is not None and value >= 1 and value == int(value)]
    if len(values) != 1:
        raise PublishError(
            f"seeds/threshold.csv has not one whole {MINIMUM} in force on {as_of_date}: nothing can be shared"
        )
    return int(values[0])


def shown_count_sql(column: str, minimum: int) -> str:
    """A count of people as SQL: null where it is small. Nought is small too: it tells of everyone."""
    return f"case when {column} >= {minimum} then {column} end"


def shown_share_sql(column: str, part: str, whole: str, minimum: int) -> str:
    """A figure about a part of a whole as SQL: null where the part or the rest of the whole is small.

    Args:
        column: the figure: the part, the whole, their quotient, or what follows from it.
        part: counts those that are counted.
        whole: counts them and the rest.
        minimum: counts below it are small.
    """
    return f"case when {part} >= {minimum} and {whole} - {part} >= {minimum} then {column} end"
