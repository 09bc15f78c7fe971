"""A look at a landing folder before any night: what is there, what would be taken, what is missing.

Everything is read by the same code as in a night, into a temporary folder that is gone afterwards.

Belongs here: the look, counted. Does not belong here: how it is shown (``doctor_render``) and the reading.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import duckdb

from expectations.raw_feeds import due_days
from orchestration.feeds.ingest import ingest
from orchestration.feeds.landing import FHIR, HL7V2, Notice
from orchestration.feeds.report import FileResult, IngestReport
from orchestration.quality.suites import load_feed_rules
from orchestration.settings import ConfigurationError, load_settings

Progress = Callable[[str, int, int], None]
State = Literal["missing", "late", "refused"]


@dataclass(frozen=True)
class Delivered:
    """What was delivered of a feed in one format.

    Attributes:
        files: landed files that hold something for the feed; ``twice`` of them hold the bytes of another.
        refused_files: of them, those that would be refused as a whole.
    """

    feed: str
    format: str
    files: int
    twice: int
    refused_files: int
    first_on: date
    last_on: date
    rows_read: int
    rows_accepted: int
    rows_quarantined: int


@dataclass(frozen=True)
class Refusal:
    """A reason to refuse rows, or whole files, of a feed."""

    feed: str
    reason: str
    rows: int
    files: int


@dataclass(frozen=True)
class UnknownCode:
    """A code that the rules have no row for; a code that might be more than one is blank."""

    feed: str
    column_name: str
    system: str
    code: str
    rows: int


@dataclass(frozen=True)
class Unjoined:
    """Rows of a feed whose identifier leads to nobody, or to two."""

    feed: str
    column_name: str
    system: str
    reason: str
    rows: int


@dataclass(frozen=True)
class WaitingReports:
    """Reports of what became of rows of a feed that have not been delivered."""

    feed: str
    rows: int


@dataclass(frozen=True)
class Gap:
    """A feed that is not there, or not in time, and what that costs.

    Attributes:
        is_stop: whether the night should not go on without it, because the site requires it.
    """

    feed: str
    state: State
    newest_on: date | None
    due_days: int
    what_it_costs: str
    is_stop: bool


@dataclass(frozen=True)
class Look:
    """What was found.

    Attributes:
        as_of_date: the business date of a night over this landing; None where nothing was delivered.
        stops: what would stop the night, a sentence each; none where the landing is usable.
    """

    as_of_date: date | None
    delivered: tuple[Delivered, ...]
    refusals: tuple[Refusal, ...]
    notices: tuple[Notice, ...]
    unknown_codes: tuple[UnknownCode, ...]
    unjoined: tuple[Unjoined, ...]
    waiting: tuple[WaitingReports, ...]
    gaps: tuple[Gap, ...]
    stops: tuple[str, ...]


def look(
    landing: Path, *, profile: Path | None = None, as_of: date | None = None, progress: Progress | None = None
) -> Look:
    """Look at a landing folder.

    Args:
        landing: the folder; nothing is written into it.
        profile: the site's.
        as_of: later deliveries are not looked at; None is the latest delivery date.
        progress: called with folder, files done and files to do.

    Returns:
        What was found.

    Raises:
        ConfigurationError: there is no such folder, or a setting is wrong.
        ProfileError: the profile says what cannot be.
    """
    if not landing.is_dir():
        raise ConfigurationError(f"the landing folder {landing} does not exist")
    with TemporaryDirectory(prefix="warmhandoff-doctor-") as place:
        home = Path(place)
        settings = load_settings(landing=landing, home=home, profile=profile, as_of_date=as_of)
        report = ingest(
            settings.landing,
            settings.lake,
            settings.quarantine,
            as_of=settings.as_of_date,
            default_time_zone=settings.default_time_zone,
            hash_key=secrets.token_hex(16),
            progress=progress,
            threads=settings.threads,
            memory_limit=settings.memory_limit,
            site=settings.site(),
        )
        found = settings.read_profile()
        own_days = found.late_after_days if found else {}
        refusals = _refusals(settings.quarantine, report)
        codes = tuple(UnknownCode(*row) for row in _counted(settings.lake, "unmapped_code", "code"))
        unjoined = tuple(Unjoined(*row) for row in _counted(settings.lake, "unjoined_identifier", "reason"))
        waiting = tuple(WaitingReports(*row) for row in _waiting(settings.lake))
    delivered = _delivered(report.files)
    gaps = _gaps(report, delivered, settings.required_feeds, own_days) if report.as_of_date else ()
    return Look(
        report.as_of_date,
        delivered,
        refusals,
        report.notices,
        codes,
        unjoined,
        waiting,
        gaps,
        _stops(delivered, gaps, settings.required_feeds),
    )


def _delivered(files: Iterable[FileResult]) -> tuple[Delivered, ...]:
    found: dict[tuple[str, str], Delivered] = {}
    for file in files:
        key = (file.feed, file.format)
        before = found.get(key) or Delivered(*key, 0, 0, 0, file.delivered_on, file.delivered_on, 0, 0, 0)
        found[key] = replace(
            before,
            files=before.files + 1,
            twice=before.twice + (file.status == "duplicate"),
            refused_files=before.refused_files + (file.status == "rejected"),
            first_on=min(before.first_on, file.delivered_on),
            last_on=max(before.last_on, file.delivered_on),
            rows_read=before.rows_read + file.rows_read,
            rows_accepted=before.rows_accepted + file.rows_accepted,
            rows_quarantined=before.rows_quarantined + file.rows_quarantined,
        )
    return tuple(found[key] for key in sorted(found))


def _refusals(quarantine: Path, report: IngestReport) -> tuple[Refusal, ...]:
    """Reasons with how many rows have each; a row with several counts in each of them."""
    whole = {
        (file.feed, file.reason): 0 for file in report.files if file.status == "rejected" and file.reason
    }
    for file in report.files:
        if file.status == "rejected" and file.reason:
            whole[file.feed, file.reason] += 1
    files = f"{quarantine}/**/*.parquet".replace("'", "''")
    limit = f"WHERE delivered_on <= DATE '{report.as_of_date}'" if report.as_of_date else "WHERE false"
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"""
            SELECT feed, reason, count(*)
            FROM (
                SELECT feed, unnest(string_split(reason, ';')) AS reason
                FROM read_parquet('{files}', union_by_name = true) {limit} AND row_number > 0
            )
            GROUP BY feed, reason
            """  # noqa: S608
        ).fetchall()
    found = [Refusal(feed, reason, count, 0) for feed, reason, count in rows]
    found += [Refusal(feed, reason or "", 0, count) for (feed, reason), count in whole.items()]
    return tuple(
        sorted(found, key=lambda refusal: (refusal.feed, -refusal.files, -refusal.rows, refusal.reason))
    )


def _counted(lake: Path, table: str, last: str) -> list[tuple[Any, ...]]:
    """Feed, column, system, a last column and rows of a reference table, the most rows first."""
    file = str(lake / "reference" / f"{table}.parquet").replace("'", "''")
    with duckdb.connect() as connection:
        return connection.execute(
            f"""
            SELECT feed, column_name, system, {last}, CAST(sum(rows) AS BIGINT) AS counted
            FROM read_parquet('{file}')
            GROUP BY feed, column_name, system, {last}
            ORDER BY counted DESC, feed, column_name, system, {last}
            """  # noqa: S608
        ).fetchall()


def _waiting(lake: Path) -> list[tuple[Any, ...]]:
    """Feed and number of reports whose subject never came."""
    file = str(lake / "reference" / "waiting_report.parquet").replace("'", "''")
    with duckdb.connect() as connection:
        return connection.execute(
            f"SELECT feed, CAST(sum(rows) AS BIGINT) FROM read_parquet('{file}') GROUP BY feed ORDER BY feed"  # noqa: S608
        ).fetchall()


def _gaps(
    report: IngestReport,
    delivered: Iterable[Delivered],
    required: Iterable[str],
    own_days: dict[str, int],
) -> tuple[Gap, ...]:
    as_of = report.as_of_date or date.min
    consequences, late_days = load_feed_rules(as_of)
    newest: dict[str, date] = {}
    came: set[str] = set()
    for part in delivered:
        came.add(part.feed)
        if part.rows_accepted:
            newest[part.feed] = max(part.last_on, newest.get(part.feed, part.last_on))
    gaps = []
    for feed, consequence in consequences.items():
        days = due_days(consequence, late_days, own_days)
        last = newest.get(feed)
        if last is not None and (as_of - last).days <= days:
            continue
        state: State = "late" if last else "refused" if feed in came else "missing"
        is_stop = last is None and feed in required
        gaps.append(Gap(feed, state, last, days, consequence.what_it_costs, is_stop))
    order = {"missing": 1, "refused": 0, "late": 2}
    return tuple(sorted(gaps, key=lambda gap: (not gap.is_stop, order[gap.state])))


def _stops(delivered: Iterable[Delivered], gaps: Iterable[Gap], required: Iterable[str]) -> tuple[str, ...]:
    listed = list(delivered)
    if not listed:
        return ("Nothing has been delivered: files belong in <feed>/<YYYY-MM-DD>/.",)
    if not any(part.rows_accepted for part in listed):
        return ("No row of any file would be taken.",)
    stops = [f"The required feed {gap.feed} has no row that would be taken." for gap in gaps if gap.is_stop]
    formats = {"fhir_ndjson": FHIR, "hl7v2": HL7V2}
    came = {formats.get(part.format, part.feed) for part in listed if part.rows_accepted}
    stops += [
        f"Nothing that would be taken came as {name}, which is required."
        for name in (FHIR, HL7V2)
        if name in required and name not in came
    ]
    return tuple(stops)
