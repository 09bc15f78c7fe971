"""The sensors: what starts a night early, once a day, and what is told of a failed one."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from dagster import (
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    SensorResult,
    build_sensor_context,
)

from orchestration.fingerprints import landing_hash
from orchestration.jobs import JOB_NAME, run_tags
from orchestration.notifications import Message, NotificationError, failure_message, send
from orchestration.publishing.status import CurrentGeneration, HeldBack, Status
from orchestration.sensors import build_landed_sensor, complete_day
from orchestration.settings import ConfigurationError, Settings

REQUIRED = ("patient", "encounter", "episode", "care_activity")
Land = Callable[[str, str], Path]


def _look(settings: Settings, instance: DagsterInstance, cursor: str | None) -> tuple[list[str], str | None]:
    """Return the run keys that a look asks for, and the cursor after it."""
    answer = build_landed_sensor(settings)(build_sensor_context(instance=instance, cursor=cursor))
    assert isinstance(answer, SensorResult)
    return [str(request.run_key) for request in answer.run_requests or []], answer.cursor or cursor


def test_a_day_is_complete_when_its_last_required_feed_has_landed(settings: Settings, land: Land) -> None:
    for feed in REQUIRED[:-1]:
        land(feed, "2026-06-30")
    assert complete_day(settings.landing, REQUIRED) is None
    land(REQUIRED[-1], "2026-06-30")
    assert complete_day(settings.landing, REQUIRED) == date(2026, 6, 30)


def test_the_latest_complete_day_counts(settings: Settings, land: Land) -> None:
    for feed in REQUIRED:
        land(feed, "2026-06-29")
        land(feed, "2026-06-30")
    land("patient", "2026-07-01")
    assert complete_day(settings.landing, REQUIRED) == date(2026, 6, 30)


def test_an_upload_that_goes_on_does_not_count(settings: Settings, land: Land) -> None:
    for feed in REQUIRED:
        land(feed, "2026-06-30")
    place = settings.landing / "episode" / "2026-06-30"
    (place / "episode.csv").rename(place / "episode.csv.part")
    assert complete_day(settings.landing, REQUIRED) is None


def test_a_required_feed_that_is_none_is_refused(settings: Settings) -> None:
    mistyped = settings.model_copy(update={"required_feeds": ("patient", "care_activities")})
    with pytest.raises(
        ConfigurationError, match="WARMHANDOFF_REQUIRED_FEEDS names unknown feeds: care_activities"
    ):
        build_landed_sensor(mistyped)


def test_a_site_without_required_feeds_starts_nothing_early(settings: Settings, land: Land) -> None:
    land("patient", "2026-06-30")
    assert complete_day(settings.landing, ()) is None


def test_a_night_starts_once_two_looks_see_the_same_files(settings: Settings, land: Land) -> None:
    for feed in REQUIRED:
        land(feed, "2026-06-30")
    with DagsterInstance.ephemeral() as instance:
        first, cursor = _look(settings, instance, None)
        land("claim_line", "2026-06-30")
        second, cursor = _look(settings, instance, cursor)
        third, cursor = _look(settings, instance, cursor)
        fourth, cursor = _look(settings, instance, cursor)
    assert (first, second, third, fourth) == ([], [], ["landed-2026-06-30"], [])


def test_what_comes_after_the_start_starts_no_second_night_of_the_day(settings: Settings, land: Land) -> None:
    for feed in REQUIRED:
        land(feed, "2026-06-30")
    with DagsterInstance.ephemeral() as instance:
        _, cursor = _look(settings, instance, None)
        started, cursor = _look(settings, instance, cursor)
        land("survey", "2026-06-30")
        again, cursor = _look(settings, instance, cursor)
        for feed in REQUIRED:
            land(feed, "2026-07-01")
        _, cursor = _look(settings, instance, cursor)
        next_day, cursor = _look(settings, instance, cursor)
    assert (started, again, next_day) == (["landed-2026-06-30"], [], ["landed-2026-07-01"])


def test_it_waits_for_a_night_that_goes_on(settings: Settings, land: Land) -> None:
    for feed in REQUIRED:
        land(feed, "2026-06-30")
    with DagsterInstance.ephemeral() as instance:
        _, cursor = _look(settings, instance, None)
        run = instance.add_run(DagsterRun(job_name=JOB_NAME, status=DagsterRunStatus.STARTED))
        waiting, cursor = _look(settings, instance, cursor)
        instance.delete_run(run.run_id)
        started, cursor = _look(settings, instance, cursor)
    assert (waiting, started) == ([], ["landed-2026-06-30"])


def test_a_day_that_the_command_has_published_is_passed_over(settings: Settings, land: Land) -> None:
    for feed in REQUIRED:
        land(feed, "2026-06-30")
    tags = run_tags(date(2026, 6, 30), landing_hash(settings.landing))
    with DagsterInstance.ephemeral() as instance:
        instance.add_run(DagsterRun(job_name=JOB_NAME, status=DagsterRunStatus.SUCCESS, tags=tags))
        started, cursor = _look(settings, instance, None)
    assert started == []
    assert json.loads(cursor or "{}")["started"] == "2026-06-30"


def test_the_message_names_date_reason_and_what_readers_have() -> None:
    status = Status(
        state="held_back",
        as_of_date=date(2026, 6, 30),
        current=CurrentGeneration(name="2026-06-29-abc", publish_id="abc", as_of_date=date(2026, 6, 29)),
        held_back=HeldBack(since=date(2026, 6, 30), reason="Held back: marts.x.y failed (2 of 9 rows)."),
    )
    message = failure_message("run-1", {"warmhandoff/as_of": "2026-06-30"}, status)
    assert message.title == "Warm Handoff: the night as of 2026-06-30 was not published"
    assert "marts.x.y failed (2 of 9 rows)" in message.body
    assert "generation 2026-06-29-abc" in message.body
    the_next = failure_message("run-2", {"warmhandoff/as_of": "2026-07-01"}, status)
    assert "marts.x.y" not in the_next.body
    assert "ended before it could say why" in the_next.body


def test_a_run_that_died_is_told_too() -> None:
    message = failure_message("run-1", {}, Status(state="nothing_published"))
    assert "ended before it could say why" in message.body
    assert "Readers have nothing yet." in message.body


def test_without_addresses_nothing_is_sent() -> None:
    send([], Message("title", "body"))


def test_a_wrong_address_is_an_error_that_does_not_show_it() -> None:
    with pytest.raises(NotificationError, match="1 of 1 WARMHANDOFF_NOTIFY_URLS") as told:
        send(["swordfish"], Message("title", "body"))
    assert "swordfish" not in str(told.value)
