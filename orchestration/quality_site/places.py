"""Where an open issue lies: files, row numbers, dates, keyed hashes and counts. Never a value.

Belongs here: the two kinds of checks whose rows can be found again, refused rows and broken references. Does
not belong here: the rows themselves, which stay in the landing and in ``identified/``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from expectations.raw_references import TEAM_KEY, places_query
from orchestration.feeds.contract import load_contract
from orchestration.publishing.errors import PublishError
from orchestration.publishing.lookup import open_current
from orchestration.publishing.sharing import hashed_id_sql
from orchestration.quality.findings import CheckResult
from orchestration.quality_site.touched import feed_of

SHOWN: Final = 25
MOST_LISTED: Final = 10_000
"""Of more failed rows no places are looked for: a whole feed is concerned, and listing takes time."""
_REFUSED: Final = "raw.quarantine.few_rows_of_"
_REFERENCE: Final = "_is_known"
_TEAM_NAMES: Final = f"select {TEAM_KEY}, arg_max(team_name, _delivered_on) from team group by {TEAM_KEY}"  # noqa: S608


@dataclass(frozen=True)
class Place:
    """Rows of an issue in one file.

    Attributes:
        source_file: its path in the landing.
        delivered_on: the date of its folder.
        row_number: the refused row, counted from 1; 0 is the whole file, null means several rows.
        rows: how many.
        key_hash: the keyed hash of the record, or of the key that is not known; null where it has none.
        reason: why a row was refused; null where it was not.
    """

    source_file: str
    delivered_on: date
    row_number: int | None
    rows: int
    key_hash: str | None
    reason: str | None


@dataclass(frozen=True)
class Places:
    """Where an issue lies: the first ``SHOWN`` places, how many there are, rows by team."""

    shown: tuple[Place, ...] = ()
    total: int = 0
    by_team: Mapping[str, int] = field(default_factory=dict)

    @property
    def more(self) -> int:
        """Places that are not shown."""
        return self.total - len(self.shown)


def find_places(result: CheckResult, *, published: Path, raw_database: Path, hash_key: str) -> Places:
    """Return where an issue lies; nothing for a check whose rows cannot be found again.

    Args:
        result: what the check found.
        published: for the refused rows that are not mended, in the generation that readers have.
        raw_database: the raw gate's views of the lake.
        hash_key: of the home.
    """
    feeds, check_id = load_contract().feeds, result.check_id
    if (result.failed_rows or 0) > MOST_LISTED:
        return Places()
    if check_id.startswith(_REFUSED):
        return _refused(published, feed_of(check_id, feeds))
    layer, feed, name = (*check_id.split("."), "", "")[:3]
    column = name.removesuffix(_REFERENCE)
    target = (
        next((one.ref for one in feeds[feed].columns if one.name == column), None) if feed in feeds else None
    )
    if layer != "raw" or target is None or not name.endswith(_REFERENCE) or not raw_database.exists():
        return Places()
    query = places_query(feeds[feed], column, target, hashed_id_sql(column, column, hash_key))
    try:
        with duckdb.connect(str(raw_database), read_only=True) as engine:
            rows = engine.execute(query).fetchall()
            names = dict(engine.execute(_TEAM_NAMES).fetchall())
    except duckdb.Error:
        return Places()
    places: Counter[tuple[str, date, str]] = Counter()
    by_team: Counter[str] = Counter()
    for file, on, key_hash, team, count in rows:
        places[file, on, key_hash] += count
        by_team[names.get(team, "no team")] += count
    has_team = any(team is not None for *_, team, _ in rows)
    return replace(
        _first(
            [
                Place(file, on, None, count, key_hash, None)
                for (file, on, key_hash), count in places.most_common()
            ]
        ),
        by_team=dict(by_team.most_common()) if has_team else {},
    )


def _refused(published: Path, feed: str) -> Places:
    try:
        with open_current(published) as reader:
            if not reader.has("dq_quarantine"):
                return Places()
            rows = reader.rows(
                """
                select source_file, delivery_on, row_number, record_key_hash, reason
                from {dq_quarantine}
                where feed = {} and resolved_on is null
                order by delivery_on desc, source_file, row_number
                """,
                feed,
                marts=["dq_quarantine"],
            )
    except PublishError:
        return Places()
    return _first(
        [
            Place(
                row["source_file"],
                row["delivery_on"],
                row["row_number"],
                1,
                row["record_key_hash"],
                row["reason"],
            )
            for row in rows
        ]
    )


def _first(places: Sequence[Place]) -> Places:
    return Places(tuple(places[:SHOWN]), len(places))
