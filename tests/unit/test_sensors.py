"""The sensors: what starts a night early, once a day, and what is told of a failed one."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from dagster import (
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    SensorResult,
    build_sensor_context,
)

from orchestration.feeds.landing import delivered_days
from orchestration.fingerprints import landing_hash
from orchestration.jobs import JOB_NAME, run_tags
from orchestration.notifications import Message, NotificationError, failure_message, send
from orchestration.publishing.status import CurrentGeneration, HeldBack, Status
from orchestration.sensors import build_landed_sensor, complete_day
from orchestration.settings import ConfigurationError, Settings

REQUIRED = ("patient", "encounter", "episode", "care_activity")
Land = Callable[[str, str], Path]


NIGHT = datetime(2026, 7, 1, 23, tzinfo=UTC)


def _complete(settings: Settings, required: Iterable[str] = REQUIRED) -> date | None:
    return complete_day(delivered_days(settings.landing), required, settings.dues(), NIGHT.date())


def _look(
    settings: Settings, instance: DagsterInstance, cursor: str | None, at: datetime = NIGHT
) -> tuple[list[str], str | None]:
    """Return the run keys that a look asks for, and the cursor after it."""
    sensor = build_landed_sensor(settings, lambda: at)
    answer = sensor(build_sensor_context(instance=instance, cursor=cursor))
    assert isinstance(answer, SensorResult)
    return [str(request.run_key) for request in answer.run_requests or []], answer.cursor or cursor


def test_a_day_is_complete_when_its_last_required_feed_has_landed(settings: Settings, land: Land) -> None:
    for feed in REQUIRED[:-1]:
        land(feed, "2026-06-30")
    assert _complete(settings) is None
    land(REQUIRED[-1], "2026-06-30")
    assert _complete(settings) == date(2026, 6, 30)


def test_the_latest_complete_day_counts(settings: Settings, land: Land) -> None:
    for feed in REQUIRED:
        land(feed, "2026-06-29")
        land(feed, "2026-06-30")
    land("patient", "2026-07-01")
    assert _complete(settings) == date(2026, 6, 30)


def test_an_upload_that_goes_on_does_not_count(settings: Settings, land: Land) -> None:
    for feed in REQUIRED:
        land(feed, "2026-06-30")
    place = settings.landing / "episode" / "2026-06-30"
    (place / "episode.csv").rename(place / "episode.csv.part")
    assert _complete(settings) is None


def test_a_required_feed_that_is_none_is_refused(settings: Settings) -> None:
    mistyped = settings.model_copy(update={"required_feeds": ("patient", "care_activities")})
    with pytest.raises(
        ConfigurationError, match="WARMHANDOFF_REQUIRED_FEEDS names unknown feeds: care_activities"
    ):
        build_landed_sensor(mistyped)


def test_a_site_without_required_feeds_starts_nothing_early(settings: Settings, land: Land) -> None:
    land("patient", "2026-06-30")
    assert _complete(settings, ()) is None


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


def test_a_folder_dated_in_the_future_is_a_mistake(settings: Settings, land: Land) -> None:
    for feed in REQUIRED:
        land(feed, "2026-06-30")
        land(feed, "2062-06-30")
    assert _complete(settings) == date(2026, 6, 30)


def _with_profile(settings: Settings, tmp_path: Path, feeds: str) -> Settings:
    """Settings of a site in New York whose profile says this of its feeds."""
    path = tmp_path / "profile.yaml"
    path.write_text(f"version: 1\nsite: Invented\nfeeds: {feeds}\n")
    return settings.model_copy(update={"profile": path, "default_time_zone": "America/New_York"})


def test_a_required_feed_is_not_asked_for_on_days_on_which_it_is_not_due(
    settings: Settings, land: Land, tmp_path: Path
) -> None:
    on_weekdays = "{episode: {due_on: [monday, tuesday, wednesday, thursday, friday]}}"
    site = _with_profile(settings, tmp_path, on_weekdays)
    for feed in REQUIRED:
        if feed != "episode":
            land(feed, "2026-06-26")
            land(feed, "2026-06-27")
    assert _complete(settings) is None
    # June 27 is a Saturday.
    assert _complete(site) == date(2026, 6, 27)


@pytest.mark.parametrize(
    ("at", "landed", "is_started"),
    [
        # 10:29 and 10:30 UTC are 06:29 and 06:30 in New York.
        (datetime(2026, 7, 1, 10, 29, tzinfo=UTC), REQUIRED, False),
        (datetime(2026, 7, 1, 10, 30, tzinfo=UTC), REQUIRED, True),
        (datetime(2026, 7, 1, 10, 29, tzinfo=UTC), (*REQUIRED, "claim_line"), True),
        (datetime(2026, 7, 2, 3, 0, tzinfo=UTC), REQUIRED, True),
    ],
    ids=["may still come", "its time has passed", "it has come", "the evening of the same day"],
)
def test_a_feed_is_waited_for_until_it_is_due(
    settings: Settings, land: Land, tmp_path: Path, at: datetime, landed: tuple[str, ...], is_started: bool
) -> None:
    site = _with_profile(settings, tmp_path, "{claim_line: {due_by: 06:30}}")
    for feed in landed:
        land(feed, "2026-07-01")
    with DagsterInstance.ephemeral() as instance:
        _, cursor = _look(site, instance, None, at)
        started, _ = _look(site, instance, cursor, at)
    assert started == (["landed-2026-07-01"] if is_started else [])


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
