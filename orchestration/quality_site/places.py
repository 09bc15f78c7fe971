"""Where an open issue lies: files, row numbers, keyed hashes and counts. Never a value.

Belongs here: refused rows, and the hashes of the keys that the gates kept. Does not belong here: the keys
themselves, which are in ``identified/`` alone, and the rows, which stay in the landing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from orchestration.feeds.contract import load_contract
from orchestration.publishing.engine import literal, open_engine
from orchestration.publishing.errors import PublishError
from orchestration.publishing.lookup import open_current
from orchestration.quality_site.issues import Issue
from orchestration.quality_site.touched import feed_of

SHOWN: Final = 25
_REFUSED: Final = "raw.quarantine.few_rows_of_"


@dataclass(frozen=True)
class Place:
    """Rows of an issue that lie together.

    Attributes:
        source_file: its path in the landing; null where the rows were made and not delivered.
        row_number: the refused row, counted from 1; 0 is the whole file, null means several rows.
        rows: how many.
        key_hash: the keyed hash of the record, or of the key that is not known; null where it has none.
        reason: why a row was refused; null where it was not.
    """

    source_file: str | None
    row_number: int | None
    rows: int
    key_hash: str | None
    reason: str | None


@dataclass(frozen=True)
class Places:
    """Where an issue lies: the first ``SHOWN`` places, how many there are, and how many keys its check has.

    ``keys`` is null where the rows of the check have none.
    """

    shown: tuple[Place, ...] = ()
    total: int = 0
    keys: int | None = None

    @property
    def more(self) -> int:
        """Places that are not shown."""
        return self.total - len(self.shown)


def find_places(issue: Issue, *, published: Path, keys: Path | None) -> Places:
    """Return where an issue lies; nothing for a check whose rows cannot be found again.

    Args:
        issue: of a check that failed in this night.
        published: for the refused rows that are not mended, in the generation that readers have.
        keys: the keys of the layer's failing rows, where its gate left some.
    """
    if issue.check_id.startswith(_REFUSED):
        return _refused(published, issue)
    return _kept(keys, issue) if keys is not None and keys.exists() else Places()


def _kept(keys: Path, issue: Issue) -> Places:
    of_cause = "true" if issue.cause is None else f"cause_id = {literal(issue.cause.cause_id)}"
    try:
        with open_engine(threads=1) as engine:
            engine.execute(f"attach {literal(keys)} as failing (read_only)")
            rows = engine.execute(
                "select source_file, failed_rows, key_hash, keys_of_check from failing.failing_key "  # noqa: S608
                f"where check_id = {literal(issue.check_id)} and {of_cause} "
                "order by failed_rows desc, key_hash, source_file"
            ).fetchall()
    except duckdb.Error:
        return Places()
    return _first(
        [Place(file, None, count, key_hash, None) for file, count, key_hash, _ in rows],
        keys=rows[0][3] if rows else None,
    )


def _refused(published: Path, issue: Issue) -> Places:
    feed = feed_of(issue.check_id, load_contract().feeds)
    reason = None if issue.cause is None else issue.cause.cause_id
    try:
        with open_current(published) as reader:
            if not reader.has("dq_quarantine"):
                return Places()
            rows = reader.rows(
                """
                select source_file, row_number, record_key_hash, reason
                from {dq_quarantine}
                where feed = {} and resolved_on is null and ({} is null or reason = {})
                order by delivery_on desc, source_file, row_number
                """,
                feed,
                reason,
                reason,
                marts=["dq_quarantine"],
            )
    except PublishError:
        return Places()
    return _first(
        [
            Place(row["source_file"], row["row_number"], 1, row["record_key_hash"], row["reason"])
            for row in rows
        ]
    )


def _first(places: Sequence[Place], keys: int | None = None) -> Places:
    return Places(tuple(places[:SHOWN]), len(places), keys)
