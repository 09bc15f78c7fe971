"""The nightly schedule: hour, zone, business date, and when a tick starts nothing."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from dagster import (
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    RunRequest,
    SkipReason,
)

from orchestration.fingerprints import landing_hash
from orchestration.jobs import JOB_NAME, run_config, run_tags
from orchestration.schedules import answer_tick, build_schedule, business_date
from orchestration.settings import Settings

TICK = date(2026, 7, 1)


@pytest.mark.parametrize(
    ("days", "is_awaited", "as_of"),
    [
        ([], False, date(2026, 6, 30)),
        ([date(2026, 6, 12)], False, date(2026, 6, 30)),
        ([date(2026, 6, 30)], False, date(2026, 6, 30)),
        ([date(2026, 6, 30), date(2026, 7, 1)], False, date(2026, 7, 1)),
        ([date(2026, 7, 1)], True, date(2026, 6, 30)),
        ([date(2026, 6, 30), date(2062, 7, 1)], False, date(2026, 6, 30)),
    ],
    ids=[
        "nothing landed",
        "long ago",
        "the day before",
        "the day itself",
        "the day itself, and more to come",
        "a mistyped folder",
    ],
)
def test_the_business_date_is_the_day_before_or_the_day_of_a_delivery_once_all_of_it_is_there(
    days: list[date], is_awaited: bool, as_of: date
) -> None:
    assert business_date(TICK, days, is_awaited=is_awaited) == as_of


@pytest.mark.parametrize(("due_by", "as_of"), [("06:30", date(2026, 6, 30)), ("01:59", date(2026, 7, 1))])
def test_a_tick_before_a_feed_is_due_does_not_judge_the_day(
    settings: Settings, land: Callable[[str, str], Path], tmp_path: Path, due_by: str, as_of: date
) -> None:
    land("patient", "2026-07-01")
    path = tmp_path / "profile.yaml"
    path.write_text(f"version: 1\nsite: Invented\nfeeds: {{consent: {{due_by: {due_by}}}}}\n")
    site = settings.model_copy(update={"profile": path})
    with DagsterInstance.ephemeral() as instance:
        answer = answer_tick(site, instance, datetime(2026, 7, 1, 2, tzinfo=UTC))
    assert isinstance(answer, RunRequest)
    assert answer.run_config == run_config(as_of)


def test_hour_and_zone_are_the_sites(settings: Settings) -> None:
    eastern = settings.model_copy(update={"default_time_zone": "America/New_York", "schedule_hour": 3})
    assert build_schedule(settings).cron_schedule == "0 2 * * *"
    assert build_schedule(settings).execution_timezone == "UTC"
    assert build_schedule(eastern).cron_schedule == "0 3 * * *"
    assert build_schedule(eastern).execution_timezone == "America/New_York"


def test_a_tick_starts_the_night_as_of_the_local_day_before(
    settings: Settings, land: Callable[[str, str], Path]
) -> None:
    land("patient", "2026-06-29")
    tokyo = settings.model_copy(update={"default_time_zone": "Asia/Tokyo"})
    with DagsterInstance.ephemeral() as instance:
        # 17:00 UTC on June 30 is 02:00 on July 1 in Tokyo.
        answer = answer_tick(tokyo, instance, datetime(2026, 6, 30, 17, tzinfo=UTC))
    assert isinstance(answer, RunRequest)
    assert answer.run_config == run_config(date(2026, 6, 30))
    assert answer.tags["warmhandoff/as_of"] == "2026-06-30"


@pytest.mark.parametrize(
    "status", [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED]
)
def test_a_tick_during_a_night_starts_none(settings: Settings, status: DagsterRunStatus) -> None:
    with DagsterInstance.ephemeral() as instance:
        instance.add_run(DagsterRun(job_name=JOB_NAME, status=status))
        answer = answer_tick(settings, instance, datetime(2026, 7, 1, 2, tzinfo=UTC))
    assert isinstance(answer, SkipReason)


@pytest.mark.parametrize(
    ("status", "is_started"), [(DagsterRunStatus.SUCCESS, False), (DagsterRunStatus.FAILURE, True)]
)
def test_what_has_been_published_is_not_run_again_and_what_failed_is(
    settings: Settings, land: Callable[[str, str], Path], status: DagsterRunStatus, is_started: bool
) -> None:
    land("patient", "2026-06-30")
    tags = run_tags(date(2026, 6, 30), landing_hash(settings.landing))
    with DagsterInstance.ephemeral() as instance:
        instance.add_run(DagsterRun(job_name=JOB_NAME, status=status, tags=tags))
        answer = answer_tick(settings, instance, datetime(2026, 7, 1, 2, tzinfo=UTC))
    assert isinstance(answer, RunRequest) == is_started


def test_a_late_file_is_reason_for_another_night(
    settings: Settings, land: Callable[[str, str], Path]
) -> None:
    land("patient", "2026-06-30")
    tags = run_tags(date(2026, 6, 30), landing_hash(settings.landing))
    land("encounter", "2026-06-30")
    with DagsterInstance.ephemeral() as instance:
        instance.add_run(DagsterRun(job_name=JOB_NAME, status=DagsterRunStatus.SUCCESS, tags=tags))
        answer = answer_tick(settings, instance, datetime(2026, 7, 1, 2, tzinfo=UTC))
    assert isinstance(answer, RunRequest)
