"""The rows of the claim lists month by month, for documents that need a whole month at once.

Public: ``ClaimMonth``, ``claim_months``.

Belongs here: bringing the candidates and the near misses of a billing TIN and month together. Does not belong
here: which rows there are (``claim_list_queries``) and what is made of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

import duckdb

from orchestration.publishing.claim_list_queries import CANDIDATE_QUERY, NEAR_MISS_QUERY

_FETCH_ROWS = 5_000

Row = tuple[Any, ...]


@dataclass(frozen=True)
class ClaimMonth:
    """A billing TIN and a service month; ``rows`` come with the name of their list, once, in their order."""

    billing_tin: str | None
    service_month: date
    rows: Iterator[tuple[str, Row]]


def claim_months(
    engine: duckdb.DuckDBPyConnection, relations: Mapping[str, str], headers: Mapping[str, list[str]]
) -> Iterator[ClaimMonth]:
    """Yield the months in the order of TIN and month; a month's rows are read before the next is asked.

    Args:
        engine: any connection.
        relations: what stands in the braces of the queries.
        headers: ``candidate`` and ``near_miss``, the columns of their rows in order.
    """
    candidates = _rows(engine, CANDIDATE_QUERY.format(**relations), headers["candidate"])
    near_misses = _rows(engine, NEAR_MISS_QUERY.format(**relations), headers["near_miss"])
    months = (groupby(rows, key=_place) for rows in (candidates, near_misses))
    yield from _merged(*months)


def _rows(engine: duckdb.DuckDBPyConnection, query: str, header: list[str]) -> Iterator[Row]:
    cursor = engine.cursor()
    cursor.execute(f"select billing_tin, service_month, list_name, {', '.join(header)} from ({query})")  # noqa: S608
    while rows := cursor.fetchmany(_FETCH_ROWS):
        yield from rows


def _place(row: Row) -> tuple[str, date]:
    return row[0] or "", row[1]


def _merged(
    candidates: Iterator[tuple[tuple[str, date], Iterator[Row]]],
    near_misses: Iterator[tuple[tuple[str, date], Iterator[Row]]],
) -> Iterator[ClaimMonth]:
    one, other = next(candidates, None), next(near_misses, None)
    while one or other:
        place = min(group[0] for group in (one, other) if group)
        parts = [group[1] for group in (one, other) if group and group[0] == place]
        yield ClaimMonth(place[0] or None, place[1], ((row[2], row[3:]) for part in parts for row in part))
        one = next(candidates, None) if one and one[0] == place else one
        other = next(near_misses, None) if other and other[0] == place else other
