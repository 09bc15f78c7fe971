"""The night at a glance: what came of each feed, what the gates said, what readers have.

Belongs here: those three. Does not belong here: the queue (``issues``) and the page (``page``).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal

import duckdb

from orchestration.feeds.contract import load_contract
from orchestration.publishing.engine import literal, open_engine
from orchestration.quality.findings import CheckResult
from orchestration.quality.waivers import FAILING

FeedState = Literal["arrived", "in time", "late", "missing", "empty", "not looked at"]

LAYER_NAMES: Final[Mapping[str, str]] = {
    "raw": "What was delivered",
    "dbt": "How it was built",
    "marts": "What was built",
}
CHECK_STATES: Final = ("passed", "failed", "error", "not_applicable")


@dataclass(frozen=True)
class FeedLine:
    """A feed up to the business date.

    Attributes:
        feed: its name.
        state: ``arrived`` on the business date; ``in time`` where its newest delivery is not too old;
            ``late``; ``missing`` where nothing was ever delivered; ``empty`` where something was, and no row
            of it could be taken; ``not looked at`` where the night ended before.
        last_delivery_on: of its newest accepted file.
        rows_of_day: rows taken from the files of the business date.
        rows: rows taken from all files.
        refused: rows refused, from all files.
    """

    feed: str
    state: FeedState
    last_delivery_on: date | None
    rows_of_day: int
    rows: int
    refused: int


@dataclass(frozen=True)
class GateLine:
    """The checks of a layer.

    Attributes:
        name: what they are of.
        counts: by outcome; null where the night did not come to them.
        blocking: those that hold back.
        waived: those whose failure is waived.
        docs: the page of Great Expectations beside this one, of this night or an earlier one; null where
            there is none.
    """

    name: str
    counts: Mapping[str, int] | None
    blocking: int
    waived: int
    docs: str | None = None

    @property
    def state(self) -> str:
        """Passed, failed, held back, or not run."""
        if self.counts is None:
            return "not run"
        if self.blocking:
            return "holds back"
        return "findings" if self.counts["failed"] or self.counts["error"] else "passed"


def gate_lines(
    results: Sequence[CheckResult], layers: Iterable[str], docs: Path | None = None
) -> list[GateLine]:
    """Return a line a layer, in the order in which a night comes to them.

    Args:
        results: of the night's checks.
        layers: those whose checks were run.
        docs: the folder of Data Docs.
    """
    run = set(layers)
    lines = []
    for layer, name in LAYER_NAMES.items():
        mine = [result for result in results if result.layer == layer]
        found = Counter(str(result.status) for result in mine)
        page = None if docs is None else docs / f"{layer}.html"
        lines.append(
            GateLine(
                name=name,
                counts={state: found.get(state, 0) for state in CHECK_STATES} if layer in run else None,
                blocking=sum(result.is_blocking for result in mine),
                waived=sum(result.waiver_id is not None for result in mine),
                docs=f"{page.parent.name}/{page.name}" if page is not None and page.exists() else None,
            )
        )
    return lines


def feed_lines(
    lake: Path, results: Iterable[CheckResult], as_of: date, layers: Iterable[str]
) -> list[FeedLine]:
    """Return a line a feed of the contract, in its order.

    Args:
        lake: for what ingestion knows of the files.
        results: of the night's checks, which know what is late.
        as_of: the business date.
        layers: those whose checks were run.
    """
    failing = {result.check_id for result in results if result.status in FAILING}
    facts = _facts(lake, as_of)
    is_looked_at = "raw" in set(layers)
    lines = []
    for feed in load_contract().feeds:
        last, of_day, rows, refused = facts.get(feed, (None, 0, 0, 0))
        state: FeedState
        if not is_looked_at:
            state = "not looked at"
        elif feed not in facts:
            state = "missing"
        elif f"raw.{feed}.has_been_delivered" in failing:
            state = "empty"
        elif f"raw.feed_file.{feed}_is_in_time" in failing:
            state = "late"
        else:
            state = "arrived" if last == as_of else "in time"
        lines.append(FeedLine(feed, state, last, of_day, rows, refused))
    return lines


def _facts(lake: Path, as_of: date) -> dict[str, tuple[date | None, int, int, int]]:
    """Of each feed that was ever delivered: newest accepted date, rows of the day, rows, refused rows."""
    path = lake / "reference" / "feed_file.parquet"
    query = f"""
        select
            feed,
            max(delivered_on) filter (status = 'accepted'),
            cast(coalesce(sum(rows_accepted) filter (delivered_on = date '{as_of}'), 0) as bigint),
            cast(sum(rows_accepted) as bigint),
            cast(sum(rows_quarantined) as bigint)
        from read_parquet({literal(path)})
        where delivered_on <= date '{as_of}'
        group by feed
    """  # noqa: S608
    if not path.exists():
        return {}
    try:
        with open_engine(threads=1) as engine:
            return {row[0]: (row[1], row[2], row[3], row[4]) for row in engine.execute(query).fetchall()}
    except duckdb.Error:
        return {}
