"""Dagster's run history inside a home: where it lies, and how a killed night is cleared from it.

Belongs here: DAGSTER_HOME, its one configuration file, and where it may not lie. Does not belong here:
assets, jobs and what they run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from orchestration.environment import environment
from orchestration.publishing.files import write_whole
from orchestration.settings import PROJECT_ROOT, ConfigurationError, Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

POSTGRES_VARIABLE: Final = "WARMHANDOFF_DAGSTER_POSTGRES_URL"

# What a run is going to do is some hundred events; with this, Dagster hands them to its storage at once.
EVENTS_AT_ONCE: Final = {"DAGSTER_EVENT_BATCH_SIZE": "1000"}


def expect_home_apart(settings: Settings) -> None:
    """Refuse a home in the landing folder: what is private would lie with those who deliver.

    Raises:
        ConfigurationError: it names both.
    """
    if settings.home.resolve().is_relative_to(settings.landing.resolve()):
        raise ConfigurationError(
            f"the home {settings.home} lies in the landing folder {settings.landing}; give it its own place"
        )


def prepare_dagster_home(settings: Settings) -> Path:
    """Put Dagster's settings into the home, with its storage: Postgres where the environment names one.

    Raises:
        ConfigurationError: the home lies in the landing folder, or cannot be made.
    """
    expect_home_apart(settings)
    settings.make_home()
    if settings.dagster_postgres_url is not None:
        storage: dict[str, Any] = {"storage": {"postgres": {"postgres_url": {"env": POSTGRES_VARIABLE}}}}
    else:
        history = {"base_dir": str(settings.dagster_home / "history" / "runs")}
        event_log = {"module": "orchestration.event_log", "class": "PooledSqliteEventLogStorage"}
        storage = {"event_log_storage": {**event_log, "config": history}}
    text = (PROJECT_ROOT / "dagster.yaml").read_text(encoding="utf-8") + yaml.safe_dump(storage)
    place = settings.dagster_home / "dagster.yaml"
    if not place.exists() or place.read_text(encoding="utf-8") != text:
        write_whole(place, text)
    return settings.dagster_home


@contextmanager
def open_instance(settings: Settings) -> "Iterator[DagsterInstance]":
    """Open the home's run history, for a run in this process."""
    from dagster import DagsterInstance

    home = prepare_dagster_home(settings)
    with (
        environment({"DAGSTER_HOME": str(home), **EVENTS_AT_ONCE}),
        DagsterInstance.from_config(str(home)) as instance,
    ):
        yield instance


def close_dead_runs(instance: "DagsterInstance", job_name: str) -> int:
    """Mark as failed the runs of a job that say they go on, and free what they hold; return how many.

    Only for a process that has the home's lock: then none of them can be alive.
    """
    from dagster import DagsterRunStatus, RunsFilter

    going_on = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    dead = instance.get_runs(RunsFilter(job_name=job_name, statuses=going_on))
    for run in dead:
        instance.report_run_failed(run, "The process of this night ended before the night was over.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return len(dead)
