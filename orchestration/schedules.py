"""When the night starts by the clock.

Belongs here: the hour, the business date of a tick, and when a tick starts nothing.
Does not belong here: the job, and starting early (``sensors``).
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dagster import (
    DagsterInstance,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    schedule,
)

from orchestration.feeds.due import awaited
from orchestration.feeds.landing import delivered_days
from orchestration.fingerprints import landing_hash
from orchestration.jobs import has_succeeded, is_night_going_on, nightly_job, run_config, run_tags
from orchestration.settings import Settings


def business_date(tick: date, days: Collection[date], *, is_awaited: bool = False) -> date:
    """Return the date as of which a night that starts on a local date reads.

    The day before has ended. Where a delivery of the day itself is there already, it counts, unless others of
    the day may still come in time; one dated later is a mistake in a folder's name.

    Args:
        tick: the local date.
        days: on which something was delivered.
        is_awaited: whether a delivery of the day may still come in time.
    """
    return tick if tick in days and not is_awaited else tick - timedelta(days=1)


def answer_tick(settings: Settings, instance: DagsterInstance, at: datetime) -> RunRequest | SkipReason:
    """Return what a tick starts: a night, or nothing while one goes on or all that landed has been published.

    Args:
        settings: landing and zone.
        instance: the runs that there were.
        at: the time of the tick, with its zone.
    """
    if is_night_going_on(instance):
        return SkipReason("A night is going on.")
    local = at.astimezone(ZoneInfo(settings.default_time_zone))
    days, tick = delivered_days(settings.landing, settings.site()), local.date()
    as_of = business_date(tick, days, is_awaited=bool(awaited(settings.dues(), days.get(tick, ()), local)))
    tags = run_tags(as_of, landing_hash(settings.landing))
    if has_succeeded(instance, tags):
        return SkipReason(f"What landed for {as_of} has been published already.")
    return RunRequest(run_config=run_config(as_of), tags=tags)


def build_schedule(settings: Settings) -> ScheduleDefinition:
    """Return the nightly schedule in the site's zone. It is switched on once, in the UI."""

    @schedule(
        job=nightly_job,
        name="nightly_schedule",
        cron_schedule=f"0 {settings.schedule_hour} * * *",
        execution_timezone=settings.default_time_zone,
        description="Starts the night, unless one goes on or all that landed has been published.",
    )
    def nightly_schedule(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        return answer_tick(settings, context.instance, context.scheduled_execution_time)

    return nightly_schedule
