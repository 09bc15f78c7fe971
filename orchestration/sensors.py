"""What starts a night early, and what tells of a failed one.

Belongs here: the two sensors and their decisions. Does not belong here: the job, and how a message is sent
(``notifications``).
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from dagster import (
    RunFailureSensorContext,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    run_failure_sensor,
    sensor,
)

from orchestration.feeds.contract import load_contract
from orchestration.feeds.due import Due, awaited
from orchestration.feeds.landing import FHIR, HL7V2, IDENTITY, delivered_days
from orchestration.fingerprints import landing_hash
from orchestration.jobs import has_succeeded, is_night_going_on, nightly_job, run_config, run_tags
from orchestration.notifications import failure_message, send
from orchestration.publishing.status import read_status
from orchestration.settings import ConfigurationError, Settings

_SECONDS_BETWEEN_LOOKS = 300


def _now() -> datetime:
    return datetime.now(UTC)


def complete_day(
    days: Mapping[date, set[str]], required: Iterable[str], dues: Mapping[str, Due], until: date
) -> date | None:
    """Return the latest delivery date for which every required folder that is due then holds a file.

    Args:
        days: folders with a file, by delivery date.
        required: folders.
        dues: when a folder's files are due, where the site says so; the others are due every day.
        until: later dates are mistakes in a folder's name.
    """
    due = {day: {feed for feed in required if dues.get(feed, Due()).is_due_on(day)} for day in days}
    return max(
        (day for day, came in days.items() if day <= until and due[day] and due[day] <= came), default=None
    )


def build_landed_sensor(settings: Settings, now: Callable[[], datetime] = _now) -> SensorDefinition:
    """Return the sensor that starts the night when the required feeds of a day have landed.

    It waits for feeds that may still come in time, and until two looks in a row see the same files, so that
    nothing half-copied is read. It starts one night a day: what comes later is for the schedule.

    Args:
        settings: the landing, the zone and the feeds.
        now: tells the time, with its zone.

    Raises:
        ConfigurationError: a required feed is no feed, so that no day would ever be complete.
    """
    unknown = sorted(set(settings.required_feeds) - {*load_contract().feeds, FHIR, HL7V2, IDENTITY})
    if unknown:
        raise ConfigurationError(f"WARMHANDOFF_REQUIRED_FEEDS names unknown feeds: {', '.join(unknown)}")

    @sensor(
        job=nightly_job,
        name="landed_feeds_sensor",
        minimum_interval_seconds=_SECONDS_BETWEEN_LOOKS,
        description="Starts the night early, once all required feeds of a day have landed.",
    )
    def landed_feeds_sensor(context: SensorEvaluationContext) -> SensorResult:
        seen = json.loads(context.cursor) if context.cursor else {"started": "", "files": ""}
        at = now().astimezone(ZoneInfo(settings.default_time_zone))
        days, dues = delivered_days(settings.landing, settings.site()), settings.dues()
        day = complete_day(days, settings.required_feeds, dues, at.date())
        if day is None or day.isoformat() <= seen["started"]:
            return SensorResult(
                skip_reason=SkipReason("The required feeds of the next day have not all landed.")
            )
        if day == at.date() and (late := awaited(dues, days[day], at)):
            return SensorResult(skip_reason=SkipReason(f"Still awaited today: {', '.join(late)}."))
        files = landing_hash(settings.landing)
        tags = run_tags(day, files)
        if has_succeeded(context.instance, tags):
            cursor = json.dumps({"started": day.isoformat(), "files": files})
            return SensorResult(skip_reason=SkipReason(f"{day} has been published already."), cursor=cursor)
        if files != seen["files"]:
            cursor = json.dumps({"started": seen["started"], "files": files})
            return SensorResult(
                skip_reason=SkipReason(f"The files of {day} are still arriving."), cursor=cursor
            )
        if is_night_going_on(context.instance):
            return SensorResult(skip_reason=SkipReason("A night is going on."))
        request = RunRequest(run_key=f"landed-{day}", run_config=run_config(day), tags=tags)
        cursor = json.dumps({"started": day.isoformat(), "files": files})
        return SensorResult(run_requests=[request], cursor=cursor)

    return landed_feeds_sensor


def build_failure_sensor(settings: Settings) -> SensorDefinition:
    """Return the sensor that sends one message for each failed night to the configured addresses."""

    @run_failure_sensor(
        name="night_failure_sensor",
        monitored_jobs=[nightly_job],
        description="Tells WARMHANDOFF_NOTIFY_URLS that a night failed, without patient data.",
    )
    def night_failure_sensor(context: RunFailureSensorContext) -> None:
        run = context.dagster_run
        message = failure_message(run.run_id, run.tags, read_status(settings.published))
        send([url.get_secret_value() for url in settings.notify_urls], message)

    return night_failure_sensor
