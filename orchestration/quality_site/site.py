"""The site of a home, renewed at the end of every night, also of one that publishes nothing.

Belongs here: what is read from where, and the files that are written. Does not belong here: anything worked
out of it (the modules beside it).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from orchestration.publishing.files import make_folder, write_json, write_whole
from orchestration.publishing.status import read_status
from orchestration.quality.findings import CheckResult
from orchestration.quality.waivers import Waivers, load_waivers
from orchestration.quality_site import words
from orchestration.quality_site.glance import feed_lines, gate_lines
from orchestration.quality_site.issues import Issue, build_queue
from orchestration.quality_site.page import IssueView, SiteView, render_page
from orchestration.quality_site.places import Places, find_places
from orchestration.quality_site.record import read_records, record_of, write_record
from orchestration.quality_site.thresholds import changed_thresholds
from orchestration.quality_site.touched import read_results
from orchestration.settings import ConfigurationError, Settings

PAGE_FILE: Final = "index.html"
QUEUE_FILE: Final = "queue.json"
FOLDER: Final = "quality"


def renew_site(
    settings: Settings,
    as_of: date,
    results: Sequence[CheckResult],
    layers: Collection[str],
    keys: Mapping[str, Path] | None = None,
) -> Path:
    """Keep what a night found, and write the page and the queue as of its business date.

    Args:
        settings: the site's choices.
        as_of: the business date.
        results: of the checks that were run.
        layers: those whose checks were run; empty where the night ended before any.
        keys: the keys of failing rows by layer, as the gates left them; the site shows their hashes.

    Returns:
        The page.
    """
    write_record(settings.quality, record_of(as_of, results, layers))
    site = _view(settings, as_of, results, layers, keys or {})
    folder = make_folder(settings.published / FOLDER)
    write_json(folder / QUEUE_FILE, _queue_rows(site))
    write_whole(folder / PAGE_FILE, render_page(site))
    return folder / PAGE_FILE


def _view(
    settings: Settings,
    as_of: date,
    results: Sequence[CheckResult],
    layers: Collection[str],
    keys: Mapping[str, Path],
) -> SiteView:
    waivers = _waivers(settings)
    queue = build_queue(read_records(settings.quality, as_of), waivers, as_of)
    thresholds = changed_thresholds(waivers.changes, results, as_of)
    changed = {line.change.check: line for line in thresholds if line.state == "in force"}
    feeds = feed_lines(settings.lake, results, as_of, layers)
    by_feed = {line.feed: line for line in feeds}
    published = read_results(settings.published, settings.read_hash_key())

    def view(issue: Issue) -> IssueView:
        touched = published.touched_by(issue.check_id, issue.cause)
        if len(issue.result.causes) == 1:
            touched = replace(touched, is_of_all_causes=False)
        places = Places()
        if issue.last_seen_on == as_of:
            keys_file = keys.get(issue.result.layer)
            places = find_places(issue, published=settings.published, keys=keys_file)
        return IssueView(
            issue=issue,
            touched=touched,
            places=places,
            what_fails=words.what_fails(issue, by_feed),
            since_when=words.since_when(issue, as_of),
            touches=words.what_it_touches(touched),
            threshold=changed.get(issue.check_id),
        )

    return SiteView(
        as_of=as_of,
        status=read_status(settings.published),
        feeds=feeds,
        gates=gate_lines(results, layers, settings.data_docs),
        issues=[view(issue) for issue in queue.issues],
        queue=queue,
        thresholds=thresholds,
    )


def _waivers(settings: Settings) -> Waivers:
    """What the file says; a refused one has held the night back, and the page has to be made all the same."""
    try:
        return load_waivers(settings)
    except ConfigurationError:
        return Waivers()


def _queue_rows(site: SiteView) -> dict[str, Any]:
    return {
        "as_of_date": site.as_of.isoformat(),
        "issues": [
            {
                "check_id": view.issue.check_id,
                "state": view.issue.state,
                "severity": view.issue.result.severity,
                "status": view.issue.result.status,
                "cause": None if view.issue.cause is None else asdict(view.issue.cause),
                "failed_rows": view.issue.failed_rows,
                "failed_rows_of_check": view.issue.result.failed_rows,
                "total_rows": view.issue.result.total_rows,
                "owner": view.issue.result.owner,
                "first_seen_on": view.issue.first_seen_on.isoformat(),
                "last_seen_on": view.issue.last_seen_on.isoformat(),
                "age_days": view.issue.age_days,
                "nights_seen": view.issue.nights_seen,
                "trend": view.issue.trend,
                "affected_marts": view.marts,
                "held_candidates": view.touched.candidates,
                "held_amount_usd": str(view.touched.amount_usd),
                "uncredited_hours": round(view.touched.hours, 2),
                "metrics": list(view.touched.metrics),
                "waiver": view.issue.waiver_text,
                "threshold": view.threshold_text,
                "what_fails": view.what_fails,
                "since_when": view.since_when,
                "what_it_touches": list(view.touches),
                "what_it_means": view.issue.result.what_it_means,
                "what_to_do": view.issue.result.what_to_do,
                "places": [
                    {
                        "source_file": place.source_file,
                        "row_number": place.row_number,
                        "rows": place.rows,
                        "key_hash": place.key_hash,
                        "reason": place.reason,
                    }
                    for place in view.places.shown
                ],
            }
            for view in site.issues
        ],
        "thresholds": [
            {
                **line.change.model_dump(mode="json", exclude_none=True),
                "state": line.state,
                "said": line.said,
                "tonight": line.tonight,
            }
            for line in site.thresholds
        ],
        "closed": [
            {
                "check_id": one.result.check_id,
                "cause": None if one.cause is None else asdict(one.cause),
                "first_seen_on": one.first_seen_on.isoformat(),
                "closed_on": one.closed_on.isoformat(),
                "is_mended": one.is_mended,
            }
            for one in site.queue.closed
        ],
    }
