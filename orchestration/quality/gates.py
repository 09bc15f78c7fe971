"""The two gates of a night: the raw lake before dbt, and the marts before publication.

Belongs here: running the checks of a layer over a DuckDB file, table by table, in the engine, and reading
each result as a finding. Does not belong here: the checks, the decision what a held night does, and Dagster.
"""

import logging
import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from expectations.check import Check, Layer
from orchestration.feeds.due import Due
from orchestration.quality.changes import Change, apply_changes
from orchestration.quality.drill import KeysFile, break_down
from orchestration.quality.findings import CheckResult, Status
from orchestration.quality.outcome import Outcome, Validate
from orchestration.quality.raw_database import build_raw_database
from orchestration.quality.suites import SEEDS, load_checks
from orchestration.redaction import safe_error_text
from orchestration.reporter import LOGGER

if TYPE_CHECKING:
    from orchestration.quality.engine import Engine


@dataclass(frozen=True)
class EngineLimits:
    """What the engine may use; without a value, its own choice."""

    threads: int | None = None
    memory_limit: str | None = None

    @property
    def config(self) -> dict[str, Any]:
        """The limits as settings of a connection."""
        given = {"threads": self.threads, "memory_limit": self.memory_limit}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True)
class DataDocs:
    """Where Great Expectations' page of a gate goes, its layer, and the business date that it shows."""

    path: Path
    layer: Layer
    as_of: date


@dataclass
class _Counts:
    """Rows of each table, and of each check that counts its own; null = could not be counted."""

    rows: dict[str, int | None] = field(default_factory=dict)
    totals: dict[str, int | None] = field(default_factory=dict)


def run_gate(
    layer: Layer,
    *,
    database: Path,
    lake: Path,
    quarantine: Path,
    as_of: date,
    seeds: Path = SEEDS,
    docs: Path | None = None,
    limits: EngineLimits | None = None,
    dues: Mapping[str, Due] | None = None,
    required: Collection[str] = (),
    keys: KeysFile | None = None,
    changes: Sequence[Change] = (),
) -> list[CheckResult]:
    """Run the checks of a layer.

    Args:
        layer: ``raw`` or ``marts``.
        database: for ``raw`` the small file of views that the gate makes, for ``marts`` the warehouse,
            opened for reading.
        lake: folder of the accepted rows.
        quarantine: folder of the rejected rows.
        as_of: business date of the run.
        seeds: folder of the rules.
        docs: the page of Data Docs; without it, none is written.
        limits: of the engine.
        dues: when a feed is due, by feed, where the site's profile says so.
        required: the feeds that the site requires.
        keys: where the keys of failing rows go; without it, nothing is told by cause and no key is kept.
        changes: of thresholds, as the site has approved them.

    Returns:
        One result a check, sorted by ``check_id``.

    Raises:
        FileNotFoundError: the warehouse does not exist.
    """
    as_ruled = load_checks(layer, seeds=seeds, as_of=as_of, dues=dues, required=required)
    checks = apply_changes(as_ruled, changes, as_of)
    if layer == "raw":
        build_raw_database(database, lake=lake, quarantine=quarantine, seeds=seeds, as_of=as_of)
    data_docs = None if docs is None else DataDocs(docs, layer, as_of)
    limits = limits or EngineLimits()
    results = run_checks(
        checks, database=database, validate=great_expectations(data_docs, limits), limits=limits
    )
    return results if keys is None else break_down(checks, results, database, keys, limits.config)


def run_checks(
    checks: Sequence[Check],
    *,
    database: Path,
    validate: Validate | None = None,
    limits: EngineLimits | None = None,
) -> list[CheckResult]:
    """Run checks over a DuckDB file, which is opened for reading.

    Args:
        checks: to run.
        database: an existing file.
        validate: what runs those that apply; Great Expectations unless a test brings another.
        limits: of the engine.

    Raises:
        FileNotFoundError: the file does not exist.
    """
    if not database.exists():
        raise FileNotFoundError(f"no database at {database}: run the stage before this gate")
    limits = limits or EngineLimits()
    validate = validate or great_expectations(None, limits)
    counts = _count(checks, database, limits)
    applicable = [check for check in checks if _applies(check, counts) is True]
    outcomes = validate(applicable, database) if applicable else {}
    results = [_finding(check, counts, outcomes.get(check.check_id)) for check in checks]
    return sorted(results, key=lambda result: result.check_id)


def _count(checks: Sequence[Check], database: Path, limits: EngineLimits) -> _Counts:
    counts = _Counts()
    with duckdb.connect(str(database), read_only=True, config=limits.config) as connection:
        connection.execute("set enable_progress_bar = false")
        for table in sorted({table for check in checks for table in (check.table_name, *check.tables)}):
            counts.rows[table] = _count_rows(connection, f'select count(*) from "{table}"')  # noqa: S608
        for check in checks:
            if check.total_query is not None:
                counts.totals[check.check_id] = _count_rows(connection, check.total_query)
    return counts


def _count_rows(connection: duckdb.DuckDBPyConnection, query: str) -> int | None:
    try:
        row = connection.execute(query).fetchone()
    except duckdb.Error:
        return None
    return None if row is None else int(row[0] or 0)


def _applies(check: Check, counts: _Counts) -> bool | None:
    """Whether there is anything to check; null = a table is missing or cannot be read."""
    if check.is_about_emptiness:
        return True if counts.rows[check.table_name] is not None else None
    looked_at = [counts.rows[table] for table in (check.table_name, *check.tables)]
    if check.check_id in counts.totals:
        looked_at.append(counts.totals[check.check_id])
    if None in looked_at:
        return None
    if check.check_id in counts.totals:
        return bool(counts.totals[check.check_id])
    return any(counts.rows[table] for table in check.tables)


def great_expectations(docs: DataDocs | None, limits: EngineLimits) -> Validate:
    """Return what runs checks in Great Expectations, a suite a table, over one connection."""

    def validate(checks: Sequence[Check], database: Path) -> dict[str, Outcome]:
        with _quiet_great_expectations():
            from orchestration.quality.engine import Engine

            by_table: dict[str, list[Check]] = defaultdict(list)
            for check in checks:
                by_table[check.table_name].append(check)
            outcomes: dict[str, Outcome] = {}
            with Engine(database, **limits.config) as engine:
                for table, table_checks in sorted(by_table.items()):
                    outcomes |= engine.validate(table, table_checks)
                if docs is not None:
                    _write_docs(engine, docs)
        return outcomes

    return validate


def _write_docs(engine: "Engine", docs: DataDocs) -> None:
    """Write the page; one that cannot be written is no reason to hold results back."""
    try:
        engine.write_docs(docs.path, layer=docs.layer, as_of=docs.as_of)
    except Exception as error:
        docs.path.unlink(missing_ok=True)
        LOGGER.error("the Data Docs of %s could not be written: %s", docs.layer, safe_error_text(error))


@contextmanager
def _quiet_great_expectations() -> Iterator[None]:
    """Keep it from calling home, and from logging exceptions, whose texts can hold values of rows."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logger = logging.getLogger("great_expectations")
    before = logger.disabled, logger.level, logger.propagate
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
    try:
        yield
    finally:
        logger.disabled, logger.level, logger.propagate = before


def _finding(check: Check, counts: _Counts, outcome: Outcome | None) -> CheckResult:
    total = counts.totals.get(check.check_id, counts.rows[check.table_name])
    applies = _applies(check, counts)
    status: Status
    severity = check.severity
    failed: int | None = None
    if applies is None:
        status = "error"
    elif not applies:
        status, failed = "not_applicable", 0
    elif outcome is None or not outcome.has_run:
        status = "error"
    else:
        failed = outcome.failed_rows
        is_within = _is_within_threshold(check, failed, total)
        has_passed = outcome.is_success or (is_within and check.severity_within_threshold is None)
        status = "passed" if has_passed else "failed"
        if is_within and not has_passed:
            severity = check.severity_within_threshold or severity
    return CheckResult(
        check_id=check.check_id,
        layer=check.layer,
        table_name=check.table_name,
        severity=severity,
        status=status,
        failed_rows=failed,
        total_rows=total,
        threshold=check.threshold,
        affected_marts=";".join(check.affected_marts),
        owner=check.owner,
        what_it_means=check.what_it_means,
        what_to_do=check.what_to_do,
    )


def _is_within_threshold(check: Check, failed: int | None, total: int | None) -> bool:
    return check.threshold is not None and (failed or 0) <= check.threshold * (total or 0)
