"""Whether the floor made what the product made: totals that people know, then row by row.

A floor that computes something else would be no measure of anything, so a run ends where they differ.

Belongs here: the comparison. Does not belong here: how either was made.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import duckdb

from benchmarks.floor import MARTS

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
    engine: duckdb.DuckDBPyConnection, floor: Path, product: Callable[[str], str]
) -> dict[str, Any]:
    """Compare the three marts and return their totals.

    Args:
        engine: the connection that knows the product's marts.
        floor: the folder with the floor's Parquet files.
        product: gives for a mart's name the relation that holds the product's.

    Raises:
        DifferenceError: a total or a row differs.
    """
    ours = {name: f"read_parquet('{floor / name}.parquet')" for name in MARTS}
    theirs = {name: product(name) for name in MARTS}
    totals = {}
    for what, query in TOTALS.items():
        totals[what] = engine.execute(query.format(**ours)).fetchall()
        expected = engine.execute(query.format(**theirs)).fetchall()
        if totals[what] != expected:
            raise DifferenceError(f"{what}: the floor has {totals[what]}, the product {expected}")
    for name in MARTS:
        columns = [(row[0], row[1]) for row in engine.execute(f"describe from {ours[name]}").fetchall()]
        listed = ", ".join(f"{column}::{kind} as {column}" for column, kind in columns)
        for first, second, where in ((ours, theirs, "floor"), (theirs, ours, "product")):
            query = f"(select {listed} from {first[name]}) except all (select {listed} from {second[name]})"
            found = engine.execute(f"select count(*) from ({query})").fetchone()
            if found and found[0]:
                raise DifferenceError(f"{name}: {found[0]} rows of the {where} have no equal in the other")
    return totals
