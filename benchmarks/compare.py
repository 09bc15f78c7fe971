"""Whether the floor made what the product made: totals that people know, then row by row.

A floor that computes something else would be no measure of anything, so a run ends where they differ.
Fractions are compared to nine decimals: the last bits of a double depend on the order of its parts.

Belongs here: the comparison. Does not belong here: how either was made.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from orchestration.publishing.contract import load_marts

TOTALS: Final = {
    "rows of fct_minute_segment": "select count(*) from {fct_minute_segment}",
    "rows of fct_patient_month": "select count(*) from {fct_patient_month}",
    "rows of fct_claim_candidate": "select count(*) from {fct_claim_candidate}",
    "seconds by disposition": (
        "select disposition, sum(seconds)::bigint from {fct_minute_segment} group by all order by all"
    ),
    "candidates by status, with dollars": (
        "select status, count(*), sum(expected_amount_usd)::decimal(18, 2) "
        "from {fct_claim_candidate} group by all order by all"
    ),
}


class DifferenceError(Exception):
    """The floor and the product disagree; the message says where, in counts."""


def check_equal(
    engine: duckdb.DuckDBPyConnection, floor: Path, product: Callable[[str], str], marts: Sequence[str]
) -> dict[str, Any]:
    """Compare marts, those of the spine among them, and return the totals that people know.

    Args:
        engine: the connection that knows the product's marts.
        floor: the folder with the floor's Parquet files.
        product: gives for a mart's name the relation that holds the product's.
        marts: names of the marts that are compared.

    Raises:
        DifferenceError: a total, a column or a row differs.
    """
    totals = {}
    for what, query in TOTALS.items():
        totals[what] = engine.execute(query.format(**{mart: _made(floor, mart) for mart in marts})).fetchall()
        expected = engine.execute(query.format(**{mart: product(mart) for mart in marts})).fetchall()
        if totals[what] != expected:
            raise DifferenceError(f"{what}: the floor has {totals[what]}, the product {expected}")
    for mart in marts:
        check_mart(engine, floor, product, mart)
    return totals


def check_mart(
    engine: duckdb.DuckDBPyConnection, floor: Path, product: Callable[[str], str], mart: str
) -> int:
    """Compare one mart, every row and every column that the floor makes, and return how many rows it has.

    Raises:
        DifferenceError: a column of the marts' contract is not there, or a row has no equal.
    """
    ours, theirs = _made(floor, mart), product(mart)
    columns = {row[0]: row[1] for row in engine.execute(f"describe from {ours}").fetchall()}
    missing = sorted(set(load_marts().marts[mart].columns) - set(columns))
    if missing:
        raise DifferenceError(f"{mart}: the floor does not make {', '.join(missing)}")
    listed = ", ".join(
        f"round({column}::double, 9) as {column}" if kind == "DOUBLE" else f"{column}::{kind} as {column}"
        for column, kind in columns.items()
    )
    for first, second, where in ((ours, theirs, "floor"), (theirs, ours, "product")):
        query = f"(select {listed} from {first}) except all (select {listed} from {second})"
        found = _count(engine, query)
        if found:
            raise DifferenceError(f"{mart}: {found} rows of the {where} have no equal in the other")
    return _count(engine, f"from {ours}")


def _made(floor: Path, mart: str) -> str:
    return f"read_parquet('{floor / mart}.parquet')"


def _count(engine: duckdb.DuckDBPyConnection, query: str) -> int:
    found = engine.execute(f"select count(*) from ({query})").fetchone()
    return int(found[0]) if found else 0
