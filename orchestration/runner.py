"""One run of the nightly job in this process: the same job, with the same history, as the schedule's.

Belongs here: what surrounds a run that is started from the command line. Does not belong here: the stages of
a night and how a terminal shows them.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import monotonic

from orchestration.ahead import Ahead
from orchestration.feeds.landing import scan
from orchestration.fingerprints import landing_hash
from orchestration.instance import close_dead_runs, expect_home_apart, open_instance
from orchestration.night import Night
from orchestration.night_findings import NightFindings
from orchestration.night_lock import night_lock
from orchestration.publishing.files import FILE_MODE
from orchestration.reporter import LOGGER, Reporter
from orchestration.settings import ConfigurationError, Settings

PREPARE = "prepare"


@dataclass(frozen=True)
class Outcome:
    """What came of a night that ran to its end.

    Attributes:
        is_published: whether its generation is current.
        as_of_date: the business date.
        log_file: the night's log.
        ahead: delivery dates after today, where no date was asked for.
        reason: why nothing was published; blank where something was.
    """

    is_published: bool
    as_of_date: date
    log_file: Path
    ahead: Ahead
    reason: str = ""


def run_night(
    settings: Settings, reporter: Reporter, *, is_rebuild: bool = False, now: datetime | None = None
) -> Outcome:
    """Run the nightly job over a home.

    Args:
        settings: the site's choices.
        reporter: is told of each stage.
        is_rebuild: build and check again, also where nothing has changed since the last night.
        now: the time, with its zone: where the settings name no business date, none lies far behind it.

    Raises:
        ConfigurationError: there is nothing to read, the home lies in the landing folder, or an entry of the
            waivers or thresholds is refused.
        NightRunningError: another process runs a night in this home.
    """
    expect_home_apart(settings)
    as_of, ahead = business_date(settings, now)
    NightFindings(settings).refuse_wrong_entries(as_of)
    settings.make_home()
    night = Night(settings, reporter, as_of, is_rebuild)
    log_file = settings.logs / f"night-{as_of}.log"
    with night_lock(settings), _logging_to(log_file):
        try:
            is_published = _run_job(night, as_of)
        except Exception as error:
            night.fail(PREPARE, error)
            is_published = False
    return Outcome(is_published, as_of, log_file, ahead, night.reason)


def business_date(settings: Settings, now: datetime | None) -> tuple[date, Ahead]:
    """Return the business date: the one asked for, else the latest delivery date that may be meant.

    Args:
        settings: landing and zone.
        now: the time, with its zone; None knows no today.

    Returns:
        The date, and the delivery dates after today.

    Raises:
        ConfigurationError: there is nothing to read.
    """
    if not settings.landing.is_dir():
        raise ConfigurationError(f"there is no landing folder at {settings.landing}")
    asked = settings.as_of_date
    days = {file.delivered_on for file in scan(settings.landing, asked, site=settings.site()).files}
    ahead = Ahead() if asked else Ahead.of(days, now, settings.default_time_zone)
    if latest := ahead.latest_of(days):
        return asked or latest, ahead
    if days:
        raise ConfigurationError(f"no delivery in {settings.landing} up to today. {' '.join(ahead.told())}")
    raise ConfigurationError(
        f"no delivery in {settings.landing}{f' up to {asked}' if asked else ''}: "
        "files belong in <feed>/<YYYY-MM-DD>/"
    )


def _run_job(night: Night, as_of: date) -> bool:
    """Run the job and return whether it succeeded."""
    begun = monotonic()
    night.reporter.started(PREPARE)
    warnings.simplefilter("ignore")

    from orchestration.build import build_defs
    from orchestration.jobs import JOB_NAME, run_config, run_tags

    with open_instance(night.settings) as instance:
        dead = close_dead_runs(instance, JOB_NAME)
        job = build_defs({"night": night}).resolve_job_def(JOB_NAME)
        cleared = f"after {dead} interrupted" if dead else "ready"
        night.reporter.finished(PREPARE, monotonic() - begun, cleared)
        result = job.execute_in_process(
            instance=instance,
            run_config={**run_config(as_of), "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            tags=run_tags(as_of, landing_hash(night.settings.landing)),
            raise_on_error=False,
        )
    LOGGER.info("run %s: %s", result.run_id, "succeeded" if result.success else "failed")
    return result.success


@contextmanager
def _logging_to(log_file: Path) -> Iterator[None]:
    """Write this project's log lines into a file; those of libraries may quote rows."""
    handler = logging.FileHandler(log_file, encoding="utf-8")
    log_file.chmod(FILE_MODE)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("orchestration")
    before = logger.level, logger.propagate
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
        logger.level, logger.propagate = before
