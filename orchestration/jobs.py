"""The one job, and what is known of its earlier runs.

Belongs here: the job, its tags and its run configuration. Does not belong here: when it starts
(``schedules``, ``sensors``).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from dagster import (
    AssetSelection,
    DagsterInstance,
    DagsterRunStatus,
    HookContext,
    RunsFilter,
    define_asset_job,
    failure_hook,
    in_process_executor,
)

from orchestration.night import Night
from orchestration.redaction import safe_error_text

JOB_NAME: Final = "nightly"
AS_OF_TAG: Final = "warmhandoff/as_of"
LANDING_TAG: Final = "warmhandoff/landing"
_GOING_ON: Final = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
]


@failure_hook(required_resource_keys={"night"})
def say_why(context: HookContext) -> None:
    """Say in the home's status why a step failed, where the stage could not say so itself."""
    night: Night = context.resources.night
    if not night.is_held_back and context.op_exception is not None:
        night.hold_back(f"{context.op.name}: {safe_error_text(context.op_exception)}")


# All steps in one process: a process a step would read the project, and import the checks, once for each of
# them.
nightly_job = define_asset_job(
    JOB_NAME,
    selection=AssetSelection.all() | AssetSelection.all_asset_checks(),
    executor_def=in_process_executor,
    hooks={say_why},
    description="Reads what has landed, builds the warehouse, checks it and publishes it.",
)


def run_config(as_of: date | None) -> dict[str, Any]:
    """Return the configuration of a run for a business date."""
    return {"resources": {"night": {"config": {"as_of_date": as_of.isoformat()}}}} if as_of else {}


def run_tags(as_of: date, landing_hash: str) -> dict[str, str]:
    """Return the tags by which a later start sees what this run has read."""
    return {AS_OF_TAG: as_of.isoformat(), LANDING_TAG: landing_hash[:16]}


def is_night_going_on(instance: DagsterInstance) -> bool:
    """Whether a run of the job waits or goes on."""
    return bool(instance.get_runs(RunsFilter(job_name=JOB_NAME, statuses=_GOING_ON), limit=1))


def has_succeeded(instance: DagsterInstance, tags: Mapping[str, str]) -> bool:
    """Whether a night with these tags has been published."""
    done = RunsFilter(job_name=JOB_NAME, statuses=[DagsterRunStatus.SUCCESS], tags=dict(tags))
    return bool(instance.get_runs(done, limit=1))
