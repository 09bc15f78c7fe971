"""A night of which a stage fails: readers keep what they have, and the reason is told without values."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from dagster import DagsterEventType, DagsterRunStatus

from orchestration.instance import open_instance
from orchestration.publishing.history import current
from orchestration.publishing.status import read_status
from orchestration.quality.findings import CheckResult
from orchestration.reporter import LogReporter
from orchestration.runner import run_night
from orchestration.settings import Settings
from orchestration.transform import TransformError
from tests.support.publishing_warehouse import make_home

CANARY = "Zzyzxcanary"
BROKEN = CheckResult(
    check_id="raw.patient.key_is_unique",
    layer="raw",
    table_name="patient",
    severity="critical",
    status="failed",
    failed_rows=2,
    total_rows=9,
    what_it_means="Two rows claim to be the same patient.",
    what_to_do="Look at the newest file.",
)


@pytest.fixture
def site(
    settings: Settings, parsed_project: Settings, land: Callable[[str, str], Path], tmp_path: Path
) -> Settings:
    """A landing folder with one file, and a home with a parsed project and yesterday's generation."""
    land("patient", "2026-06-30")
    shutil.copytree(parsed_project.dbt_target, settings.dbt_target)
    before = make_home(tmp_path / "before")
    before.publish()
    shutil.copytree(before.published, settings.published, symlinks=True)
    return settings


def _written(settings: Settings) -> str:
    """All bytes of the home except yesterday's generation, as text."""
    files = [path for path in settings.home.rglob("*") if path.is_file() and not path.is_symlink()]
    return "\n".join(path.read_bytes().decode("latin-1") for path in files)


def test_a_failed_gate_leaves_yesterday_current_says_why_and_ends_the_night(
    site: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    yesterday = current(site.published)
    monkeypatch.setattr("orchestration.quality.gates.run_gate", lambda *_, **__: [BROKEN])
    outcome = run_night(site, LogReporter())

    assert not outcome.is_published
    assert yesterday is not None
    assert current(site.published) == yesterday
    status = read_status(site.published)
    assert status.state == "held_back"
    assert status.held_back is not None
    assert status.held_back.reason.startswith("Held back: raw.patient.key_is_unique failed (2 of 9 rows).")
    assert [check.check_id for check in status.held_back.failed_checks] == ["raw.patient.key_is_unique"]
    found = duckdb.read_parquet(str(site.published / "quality" / "dq_finding.parquet"))
    assert found.project("check_id, status").fetchall() == [("raw.patient.key_is_unique", "failed")]

    assert not site.database.exists()
    assert _steps_of_the_only_run(site) == (DagsterRunStatus.FAILURE, {"ingest", "raw_gate"})


def _steps_of_the_only_run(settings: Settings) -> tuple[DagsterRunStatus, set[str | None]]:
    with open_instance(settings) as instance:
        [run] = instance.get_runs()
        starts = instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_START)
        return run.status, {entry.dagster_event.step_key for entry in starts if entry.dagster_event}


def test_a_warning_holds_nothing_back(site: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    warning = CheckResult(**{**vars(BROKEN), "severity": "warning"})
    monkeypatch.setattr("orchestration.quality.gates.run_gate", lambda *_, **__: [warning])
    monkeypatch.setattr("orchestration.transform.build", _stop)
    run_night(site, LogReporter())
    held = read_status(site.published).held_back
    assert held is not None
    assert held.reason == "build: stopped by the test"


def test_a_waived_failure_holds_nothing_back(site: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    site.waivers_file.write_text(
        f"- {{waiver: W-1, check: {BROKEN.check_id}, scope: {{most_failed_rows: 2}}, "
        "reason: Known., approver: Ann, expires_on: 2026-06-30}\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("orchestration.quality.gates.run_gate", lambda *_, **__: [BROKEN])
    monkeypatch.setattr("orchestration.transform.build", _stop)
    run_night(site, LogReporter())
    held = read_status(site.published).held_back
    assert held is not None
    assert (held.reason, held.failed_checks) == ("build: stopped by the test", [])
    found = duckdb.read_parquet(str(site.published / "quality" / "dq_finding.parquet"))
    assert found.project("waiver_id").fetchall() == [("W-1",)]


def _stop(*_: object, **__: object) -> None:
    raise TransformError("stopped by the test")


def test_an_unforeseen_error_is_told_without_its_text(
    site: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        try:
            int(CANARY)
        except ValueError as first:
            raise RuntimeError(CANARY) from first

    monkeypatch.setattr("orchestration.feeds.ingest.ingest", fail)
    assert not run_night(site, LogReporter()).is_published
    held = read_status(site.published).held_back
    assert held is not None
    assert held.reason.startswith("ingest: RuntimeError in tests/faults/test_night_faults.py, line ")
    assert CANARY not in _written(site)


def test_an_error_outside_the_stages_holds_the_night_back_too(
    site: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("no such asset")

    monkeypatch.setattr("orchestration.assets.gates.check_results", fail)
    assert not run_night(site, LogReporter()).is_published
    held = read_status(site.published).held_back
    assert held is not None
    assert held.reason.startswith("raw_gate: KeyError in tests/faults/")


def test_a_night_after_a_failed_one_counts_since_the_first(
    site: Settings, monkeypatch: pytest.MonkeyPatch, land: Callable[[str, str], Path]
) -> None:
    monkeypatch.setattr("orchestration.quality.gates.run_gate", lambda *_, **__: [BROKEN])
    run_night(site, LogReporter())
    land("patient", "2026-07-01")
    run_night(site, LogReporter())
    status = read_status(site.published)
    assert status.held_back is not None
    assert (status.held_back.since.isoformat(), str(status.as_of_date)) == ("2026-06-30", "2026-07-01")


def test_a_project_that_does_not_parse_holds_the_night_back(
    site: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.build.prepare_manifest", _stop)
    assert not run_night(site, LogReporter()).is_published
    held = read_status(site.published).held_back
    assert held is not None
    assert held.reason == "prepare: stopped by the test"


def test_a_full_disk_is_told_although_nothing_can_be_written_down_any_more(
    site: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("orchestration.quality.gates.run_gate", lambda *_, **__: [BROKEN])
    run_night(site, LogReporter())
    monkeypatch.setattr("orchestration.feeds.ingest.ingest", fail)
    monkeypatch.setattr("orchestration.publishing.status.write_json", fail)
    outcome = run_night(site, LogReporter())
    assert (outcome.is_published, outcome.reason) == (
        False,
        "ingest: the disk is full; make room and run again",
    )
    held = read_status(site.published).held_back
    assert held is not None
    assert held.reason.startswith("Held back: raw.patient.key_is_unique")
