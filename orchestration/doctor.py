"""A look at a landing folder before any night: what is there, what would be taken, what is missing.

Everything is read by the same code as in a night, into a temporary folder that is gone afterwards.

Belongs here: the look, counted. Does not belong here: how it is shown (``doctor_render``) and the reading.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from orchestration.ahead import Ahead
from orchestration.doctor_findings import (
    Delivered,
    Look,
    Refusal,
    Unjoined,
    UnknownCode,
    UnknownColumn,
    UnknownPayer,
    WaitingReports,
)
from orchestration.doctor_gaps import awaited_of, gaps_of, required_in_fhir, stops_of
from orchestration.feeds.codes import rows_in_force
from orchestration.feeds.ingest import SEEDS, ingest
from orchestration.feeds.landing import FHIR, delivered_days
from orchestration.feeds.report import FileResult, IngestReport
from orchestration.feeds.zones import LAST_YEAR, is_zone
from orchestration.settings import ConfigurationError, load_settings

Progress = Callable[[str, int, int], None]
_WITH_PAYERS = ("coverage", "claim_line")


def look(
    landing: Path,
    *,
    profile: Path | None = None,
    as_of: date | None = None,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Look:
    """Look at a landing folder.

    Args:
        landing: the folder; nothing is written into it.
        profile: the site's.
        as_of: later deliveries are not looked at; None is the latest that may be meant.
        now: the time, with its zone: what may still come in time today is not late; None judges dates that
            have ended, and knows no today.
        progress: called with folder, files done and files to do.

    Returns:
        What was found.

    Raises:
        ConfigurationError: there is no such folder, or a setting is wrong.
        ProfileError: the profile says what cannot be.
    """
    if not landing.is_dir():
        raise ConfigurationError(f"there is no landing folder at {landing}")
    with TemporaryDirectory(prefix="warmhandoff-doctor-") as place:
        home = Path(place)
        settings = load_settings(landing=landing, home=home, profile=profile, as_of_date=as_of)
        asked = settings.as_of_date
        days = set() if asked else set(delivered_days(settings.landing, settings.site()))
        at = now.astimezone(ZoneInfo(settings.default_time_zone)) if now else None
        ahead = Ahead.of(days, now, settings.default_time_zone)
        today = at.date() if at else date.max
        report = ingest(
            settings.landing,
            settings.lake,
            settings.quarantine,
            as_of=ahead.latest_of(days) or today if ahead.passed_over else asked,
            default_time_zone=settings.default_time_zone,
            hash_key=secrets.token_hex(16),
            progress=progress,
            threads=settings.threads,
            memory_limit=settings.memory_limit,
            site=settings.site(),
        )
        dues = settings.dues()
        refusals = _refusals(settings.quarantine, report)
        codes = tuple(UnknownCode(*row) for row in _counted(settings.lake, "unmapped_code", "code"))
        unjoined = tuple(Unjoined(*row) for row in _counted(settings.lake, "unjoined_identifier", "reason"))
        waiting = tuple(WaitingReports(*row) for row in _waiting(settings.lake))
        payers = tuple(_payers(settings.lake, report.as_of_date)) if report.as_of_date else ()
        zones = _team_zones(settings.lake)
    delivered = _delivered(report.files)
    judged = report.as_of_date or as_of or today
    gaps = gaps_of(judged, delivered, settings.required_feeds, dues, at)
    return Look(
        as_of_date=report.as_of_date,
        delivered=delivered,
        refusals=refusals,
        notices=report.notices,
        unknown_columns=_unknown_columns(report.files),
        unknown_codes=codes,
        unknown_payers=payers,
        unjoined=unjoined,
        waiting=waiting,
        gaps=gaps,
        zones_further_east=_further_east(zones, settings.default_time_zone, judged)
        if any(part.folder == FHIR and part.rows_accepted for part in delivered)
        else (),
        is_zone_missing=settings.default_time_zone == "UTC" and any(zone != "UTC" for zone in zones),
        required_in_fhir=required_in_fhir(delivered, settings.required_feeds),
        awaited=awaited_of(delivered, dues, at),
        ahead=ahead,
        stops=stops_of(delivered, gaps, settings.required_feeds),
    )


def _delivered(files: Iterable[FileResult]) -> tuple[Delivered, ...]:
    found: dict[tuple[str, str], Delivered] = {}
    for file in files:
        key = (file.feed, file.format)
        before = found.get(key) or Delivered(
            *key, 0, 0, 0, file.delivered_on, file.delivered_on, date.min, 0, 0, 0
        )
        is_read = file.status != "rejected"
        found[key] = replace(
            before,
            files=before.files + 1,
            twice=before.twice + (file.status == "duplicate"),
            refused_files=before.refused_files + (file.status == "rejected"),
            first_on=min(before.first_on, file.delivered_on),
            last_on=max(before.last_on, file.delivered_on),
            read_on=max(before.read_on, file.delivered_on) if is_read else before.read_on,
            rows_read=before.rows_read + file.rows_read,
            rows_accepted=before.rows_accepted + file.rows_accepted,
            rows_quarantined=before.rows_quarantined + file.rows_quarantined,
        )
    return tuple(found[key] for key in sorted(found))


def _refusals(quarantine: Path, report: IngestReport) -> tuple[Refusal, ...]:
    """Reasons with how many rows have each, and where; a row with several counts in each of them."""
    whole: dict[tuple[str, str], set[str]] = {}
    for file in report.files:
        if file.status == "rejected" and file.reason:
            whole.setdefault((file.feed, file.reason), set()).add(file.source_file)
    files = f"{quarantine}/**/*.parquet".replace("'", "''")
    limit = f"WHERE delivered_on <= DATE '{report.as_of_date}'" if report.as_of_date else "WHERE false"
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"""
            SELECT feed, reason, count(*), list_sort(list_distinct(list(source_file)))
            FROM (
                SELECT feed, source_file, unnest(string_split(reason, ';')) AS reason
                FROM read_parquet('{files}', union_by_name = true) {limit} AND row_number > 0
            )
            GROUP BY feed, reason
            """  # noqa: S608
        ).fetchall()
    found = [Refusal(feed, reason, count, 0, tuple(paths)) for feed, reason, count, paths in rows]
    found += [
        Refusal(feed, reason, 0, len(paths), tuple(sorted(paths))) for (feed, reason), paths in whole.items()
    ]
    return tuple(
        sorted(found, key=lambda refusal: (refusal.feed, -refusal.files, -refusal.rows, refusal.reason))
    )


def _unknown_columns(files: Iterable[FileResult]) -> tuple[UnknownColumn, ...]:
    """Columns that no contract has, of files that are taken; a refused file may have no header at all."""
    counts = Counter(
        (file.feed, name)
        for file in files
        if file.status == "accepted"
        for name in (file.unknown_columns or "").split(";")
        if name
    )
    return tuple(UnknownColumn(feed, name, count) for (feed, name), count in sorted(counts.items()))


def _payers(lake: Path, as_of: date) -> list[UnknownPayer]:
    """Payers without rules by feed, the most rows first, and without a name where they have few rows."""
    known = [(row["payer_id"],) for row in rows_in_force(SEEDS / "payer_policy.csv", as_of)]
    limits = {row["name"]: row["value"] for row in rows_in_force(SEEDS / "threshold.csv", as_of)}
    found: Counter[tuple[str, str]] = Counter()
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE known (payer_id VARCHAR)")
        connection.executemany("INSERT INTO known VALUES (?)", known)
        for feed in _WITH_PAYERS:
            if not (files := _raw_files(lake, feed)):
                continue
            rows = connection.execute(
                "SELECT payer_id, count(*) FROM read_parquet(?, union_by_name = true) "
                "WHERE _delivered_on <= ? AND payer_id IS NOT NULL "
                "AND payer_id NOT IN (SELECT payer_id FROM known) GROUP BY payer_id",
                [files, as_of],
            ).fetchall()
            for name, count in rows:
                found[feed, name if count >= int(limits["small_cell_minimum"]) else ""] += count
    return [
        UnknownPayer(feed, name, count)
        for (feed, name), count in sorted(found.items(), key=lambda item: (-item[1], item[0]))
    ]


def _team_zones(lake: Path) -> list[str]:
    """The zones that teams name."""
    if not (files := _raw_files(lake, "team")):
        return []
    query = "SELECT DISTINCT time_zone FROM read_parquet(?, union_by_name = true) WHERE time_zone IS NOT NULL"
    with duckdb.connect() as connection:
        return sorted(str(zone) for (zone,) in connection.execute(query, [files]).fetchall())


def _raw_files(lake: Path, feed: str) -> list[str]:
    """The raw tables of a feed."""
    return [str(path) for path in sorted((lake / "raw" / feed).rglob("*.parquet"))]


def _further_east(zones: Iterable[str], home: str, day: date) -> tuple[str, ...]:
    """The zones in which a day begins before it does at home, in winter or in summer."""
    noons = [datetime(min(day.year, LAST_YEAR), month, 1, 12, tzinfo=UTC) for month in (1, 7)]

    def hours(zone: str) -> list[float]:
        found = (noon.astimezone(ZoneInfo(zone)).utcoffset() for noon in noons)
        return [offset.total_seconds() for offset in found if offset is not None]

    own = hours(home)
    return tuple(
        zone
        for zone in zones
        if is_zone(zone) and any(there > here for there, here in zip(hours(zone), own, strict=True))
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
