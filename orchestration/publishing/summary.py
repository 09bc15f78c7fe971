"""The night in figures, from the generation that readers have: counts, minutes, dollars.

Public: ``summarize``; ``summary_render`` prints what it returns.

Belongs here: adding up. Does not belong here: the terminal (``summary_render``).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from orchestration.feeds.contract import load_contract
from orchestration.publishing.contents import IDENTIFIED, SHARED
from orchestration.publishing.history import CURRENT
from orchestration.publishing.lookup import Reader, open_current
from orchestration.publishing.manifest import MANIFEST_FILE
from orchestration.publishing.status import STATUS_FILE, Status, read_status
from orchestration.publishing.views import BI_FILE


@dataclass(frozen=True)
class FeedLine:
    """What has been delivered of a feed. ``last_delivery_on`` is null for a feed that never came."""

    feed: str
    files: int
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    last_delivery_on: date | None


@dataclass(frozen=True)
class CheckLine:
    """Checks of a layer and severity, by outcome."""

    layer: str
    severity: str
    passed: int
    failed: int
    error: int
    not_applicable: int


@dataclass(frozen=True)
class FailedLine:
    """A check that did not pass, and did not hold anything back."""

    check_id: str
    severity: str
    status: str
    failed_rows: int | None
    what_to_do: str | None


@dataclass(frozen=True)
class MinuteLine:
    """Time by what became of it."""

    disposition: str
    seconds: int
    entries: int


@dataclass(frozen=True)
class CandidateLine:
    """Candidates of a status.

    ``amount_usd`` adds up the known rates of those that nothing suppresses, ``without_rate`` counts those
    with a code and no known rate.
    """

    status: str
    candidates: int
    amount_usd: Decimal
    without_rate: int


@dataclass(frozen=True)
class NightSummary:
    """What a night published. ``places`` are paths by what they hold."""

    as_of_date: date
    generation: str
    publish_id: str
    status: Status
    feeds: list[FeedLine]
    quarantined: dict[str, int]
    checks: list[CheckLine]
    failed_checks: list[FailedLine]
    minutes: list[MinuteLine]
    candidates: list[CandidateLine]
    places: dict[str, Path]


def summarize(published: Path) -> NightSummary:
    """Add up the current generation; a mart that it does not have gives an empty part.

    Raises:
        PublishError: nothing is published yet, or a file cannot be read.
    """
    with open_current(published) as reader:
        generation = reader.generation
        return NightSummary(
            as_of_date=generation.as_of_date,
            generation=generation.name,
            publish_id=generation.publish_id,
            status=read_status(published),
            feeds=_feeds(reader),
            quarantined=_quarantined(reader),
            checks=_checks(reader),
            failed_checks=_failed_checks(reader),
            minutes=_minutes(reader),
            candidates=_candidates(reader),
            places=_places(published),
        )


def _feeds(reader: Reader) -> list[FeedLine]:
    if not reader.has("dq_feed_delivery"):
        return []
    rows = reader.rows(
        """
        select
            feed,
            cast(sum(coalesce(files, 0)) as bigint) as files,
            cast(sum(coalesce(rows_read, 0)) as bigint) as rows_read,
            cast(sum(coalesce(rows_accepted, 0)) as bigint) as rows_accepted,
            cast(sum(coalesce(rows_quarantined, 0)) as bigint) as rows_quarantined,
            max(case when files > 0 then delivery_on end) as last_delivery_on
        from {dq_feed_delivery}
        group by feed
        order by feed
        """,
        marts=["dq_feed_delivery"],
    )
    lines = {row["feed"]: FeedLine(**row) for row in rows}
    absent = {feed: FeedLine(feed, 0, 0, 0, 0, None) for feed in load_contract().feeds}
    return [line for _, line in sorted((absent | lines).items())]


def _quarantined(reader: Reader) -> dict[str, int]:
    """Rejected records by reason, most frequent first; a record with two reasons counts for both."""
    if not reader.has("dq_quarantine"):
        return {}
    rows = reader.rows(
        """
        with reasons as (
            select feed, unnest(string_split(reason, ';')) as reason from {dq_quarantine}
        )
        select feed || ': ' || reason as reason, count(*) as records
        from reasons
        group by all
        order by records desc, reason
        """,
        marts=["dq_quarantine"],
    )
    return {row["reason"]: row["records"] for row in rows}


def _checks(reader: Reader) -> list[CheckLine]:
    rows = reader.rows(
        """
        select
            layer,
            severity,
            count(*) filter (status = 'passed') as passed,
            count(*) filter (status = 'failed') as failed,
            count(*) filter (status = 'error') as error,
            count(*) filter (status = 'not_applicable') as not_applicable
        from {dq_finding}
        group by layer, severity
        order by layer, list_position(['critical', 'warning', 'info'], severity), severity
        """,
        marts=["dq_finding"],
    )
    return [CheckLine(**row) for row in rows]


def _failed_checks(reader: Reader) -> list[FailedLine]:
    rows = reader.rows(
        """
        select check_id, severity, status, failed_rows, what_to_do
        from {dq_finding}
        where status in ('failed', 'error')
        order by list_position(['critical', 'warning', 'info'], severity), check_id
        """,
        marts=["dq_finding"],
    )
    return [FailedLine(**row) for row in rows]


def _minutes(reader: Reader) -> list[MinuteLine]:
    if not reader.has("fct_minute_segment"):
        return []
    rows = reader.rows(
        """
        select
            segment.disposition,
            cast(sum(segment.seconds) as bigint) as seconds,
            count(distinct segment.entry_id) as entries
        from {fct_minute_segment} as segment
        group by segment.disposition
        order by segment.disposition = 'credited' desc, seconds desc, segment.disposition
        """,
        marts=["fct_minute_segment"],
    )
    return [MinuteLine(**row) for row in rows]


def _candidates(reader: Reader) -> list[CandidateLine]:
    if not reader.has("fct_claim_candidate"):
        return []
    rows = reader.rows(
        """
        select
            status,
            count(*) as candidates,
            coalesce(sum(expected_amount_usd) filter (suppressed_by is null), 0) as amount_usd,
            count(*) filter (procedure_code is not null and expected_amount_usd is null) as without_rate
        from {fct_claim_candidate}
        group by status
        order by
            list_position(['ready', 'review', 'held', 'in_progress', 'submitted', 'not_billable'], status),
            status
        """,
        marts=["fct_claim_candidate"],
    )
    return [CandidateLine(**row) for row in rows]


def _places(published: Path) -> dict[str, Path]:
    now = published / CURRENT
    page = published / "quality" / "index.html"
    return {
        **({"quality site": page} if page.is_file() else {}),
        "lists for billers": now / IDENTIFIED / "lists" / "claim_candidates",
        "marts": now / IDENTIFIED,
        "fit for sharing": now / SHARED,
        "for BI tools": now / BI_FILE,
        "manifest": now / MANIFEST_FILE,
        "status": published / STATUS_FILE,
    }
