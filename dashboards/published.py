"""Reading what is published: the generation that counts, its months, and the answers of the queries.

Belongs here: opening ``bi.duckdb`` of a generation, read-only. Does not belong here: what is asked
(``queries``), how it is drawn (``pictures``).
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from orchestration.publishing.views import BI_FILE

QUERIES = Path(__file__).parent / "queries"
MONTHS = 24


@dataclass(frozen=True)
class Choice:
    """What the filters say: a month by its first day, and a team; ``team_id`` None = all teams."""

    month: date
    team_id: str | None = None


def months_to(as_of_date: date, count: int = MONTHS) -> list[date]:
    """First days of the months up to the business date's, newest first."""
    last = as_of_date.year * 12 + as_of_date.month - 1
    return [date((last - back) // 12, (last - back) % 12 + 1, 1) for back in range(count)]


def read(generation: Path, query: str, choice: Choice) -> pd.DataFrame:
    """Ask one query of ``queries`` of one generation; its columns are those of the file's ``select``.

    The database is opened for this query alone and read-only, so no night waits for a page that stays open.
    The path is that of a generation's own folder, which never changes: equal arguments have equal answers.

    A generation in which a mart or rule of the query does not stand gives no rows.
    """
    sql = (QUERIES / f"{query}.sql").read_text(encoding="utf-8")
    filters = {"month": choice.month, "team": choice.team_id}
    with duckdb.connect(str(generation / BI_FILE), read_only=True) as engine:
        try:
            named = {name: value for name, value in filters.items() if f"${name}" in sql}
            return engine.execute(sql, named).df()
        except duckdb.CatalogException:
            return pd.DataFrame()
