"""What starts a night early, and what tells of a failed one.

Belongs here: the two sensors and their decisions. Does not belong here: the job, and how a message is sent
(``notifications``).
"""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

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
from orchestration.feeds.landing import FHIR, HL7V2, IDENTITY, scan
from orchestration.feeds.site import NO_SITE, Site
from orchestration.fingerprints import landing_hash
from orchestration.jobs import has_succeeded, is_night_going_on, nightly_job, run_config, run_tags
from orchestration.notifications import failure_message, send
from orchestration.publishing.status import read_status
from orchestration.settings import ConfigurationError, Settings

_SECONDS_BETWEEN_LOOKS = 300


def complete_day(landing: Path, required: Iterable[str], site: Site = NO_SITE) -> date | None:
    """Return the latest delivery date for which every required folder of the landing holds a file."""
    days: dict[str, set[date]] = {feed: set() for feed in required}
    for file in scan(landing, site=site).files:
        days.get(file.folder, set()).add(file.delivered_on)
    return max(set.intersection(*days.values()), default=None) if days else None


def build_landed_sensor(settings: Settings) -> SensorDefinition:
    """Return the sensor that starts the night when the required feeds of a day have landed.

    It waits until two looks in a row see the same files, so that nothing half-copied is read, and starts one
    night a day: what comes later is for the schedule.

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
        day = complete_day(settings.landing, settings.required_feeds, settings.site())
        if day is None or day.isoformat() <= seen["started"]:
            return SensorResult(
                skip_reason=SkipReason("The required feeds of the next day have not all landed.")
            )
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
