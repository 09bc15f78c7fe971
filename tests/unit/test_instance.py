"""Dagster's run history in a home: its settings, and what a killed night leaves."""

import pytest
import yaml
from dagster import DagsterRun, DagsterRunStatus
from pydantic import SecretStr

from orchestration.instance import close_dead_runs, open_instance, prepare_dagster_home
from orchestration.jobs import JOB_NAME
from orchestration.settings import Settings


def test_history_is_kept_in_the_home_by_default(settings: Settings) -> None:
    config = yaml.safe_load((prepare_dagster_home(settings) / "dagster.yaml").read_text(encoding="utf-8"))
    assert "storage" not in config


def test_postgres_is_named_by_variable_and_not_by_address(settings: Settings) -> None:
    address = SecretStr("postgresql://night:swordfish@db.example/history")
    with_postgres = settings.model_copy(update={"dagster_postgres_url": address})
    text = (prepare_dagster_home(with_postgres) / "dagster.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["storage"] == {
        "postgres": {"postgres_url": {"env": "WARMHANDOFF_DAGSTER_POSTGRES_URL"}}
    }
    assert "swordfish" not in text


def test_the_settings_file_is_renewed_with_the_project(settings: Settings) -> None:
    place = prepare_dagster_home(settings) / "dagster.yaml"
    text = place.read_text(encoding="utf-8")
    place.write_text("telemetry: {enabled: true}", encoding="utf-8")
    assert (prepare_dagster_home(settings) / "dagster.yaml").read_text(encoding="utf-8") == text


@pytest.mark.slow
def test_a_run_that_was_killed_is_closed_and_others_are_left(settings: Settings) -> None:
    with open_instance(settings) as instance:
        dead = instance.add_run(DagsterRun(job_name=JOB_NAME, status=DagsterRunStatus.STARTED))
        done = instance.add_run(DagsterRun(job_name=JOB_NAME, status=DagsterRunStatus.SUCCESS))
        other = instance.add_run(DagsterRun(job_name="other", status=DagsterRunStatus.STARTED))
        assert close_dead_runs(instance, JOB_NAME) == 1
        statuses = [instance.get_run_by_id(run.run_id) for run in (dead, done, other)]
        assert [run.status for run in statuses if run] == [
            DagsterRunStatus.FAILURE,
            DagsterRunStatus.SUCCESS,
            DagsterRunStatus.STARTED,
        ]
        assert close_dead_runs(instance, JOB_NAME) == 0
