"""The dbt project as dbt runs it: on a site that has delivered nothing yet, and its unit tests.

Belongs here: dbt's own commands.
Does not belong here: nights with data (``test_night``), and what the compiled SQL makes of cases
(``tests/golden``).
"""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.feeds.ingest import ingest
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.transform import dbt_arguments, dbt_variables

RUN = "import sys; from dbt.cli.main import dbtRunner; sys.exit(not dbtRunner().invoke(sys.argv[1:]).success)"
Results = list[dict[str, Any]]


def _dbt(settings: Settings, command: str, *options: str) -> Results:
    """Run a command of dbt in a process of its own and return what it says of each node."""
    arguments = [*dbt_arguments(command, settings), "--write-json", *options]
    ended = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env={**os.environ, **dbt_variables(settings)},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    results = settings.dbt_target / "run_results.json"
    assert results.exists(), ended.stdout + ended.stderr
    found: Results = json.loads(results.read_text(encoding="utf-8"))["results"]
    return found


def _unsuccessful(results: Results) -> dict[str, str]:
    return {
        result["unique_id"].split(".", 2)[-1]: str(result["message"])
        for result in results
        if result["status"] not in {"success", "pass", "no-op"}
    }


@pytest.fixture(scope="module")
def nothing_delivered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Results]:
    """A home whose landing is empty, built, and what dbt said of each node."""
    place: Path = tmp_path_factory.mktemp("nothing")
    settings = Settings(landing=place / "landing", home=place / "home")
    settings.landing.mkdir()
    settings.make_home()
    ingest(
        settings.landing,
        settings.lake,
        settings.quarantine,
        as_of=date(2026, 6, 30),
        default_time_zone="UTC",
        hash_key="a key of this test",
    )
    return settings, _dbt(settings, "build")


def test_a_site_that_delivered_nothing_has_every_table_and_passes_every_data_test(
    nothing_delivered: tuple[Settings, Results],
) -> None:
    _, results = nothing_delivered
    assert len(results) > 100
    assert not _unsuccessful(results)


def test_every_unit_test_beside_the_models_passes(nothing_delivered: tuple[Settings, Results]) -> None:
    settings, _ = nothing_delivered
    results = _dbt(settings, "test", "--select", "test_type:unit")
    assert len(results) > 100
    assert not _unsuccessful(results)


def test_a_table_that_became_a_view_and_the_other_way_round_take_each_others_place(
    nothing_delivered: tuple[Settings, Results],
) -> None:
    settings, _ = nothing_delivered
    with duckdb.connect(str(settings.database)) as engine:
        engine.execute("drop view stg_feed__team")
        engine.execute("create table stg_feed__team as select 1 as old")
        engine.execute("drop table dim_team")
        engine.execute("create view dim_team as select 1 as old")
    assert not _unsuccessful(_dbt(settings, "run", "--select", "stg_feed__team dim_team"))
    with duckdb.connect(str(settings.database), read_only=True) as engine:
        kinds = "select table_type from information_schema.tables where table_name = ?"
        assert engine.execute(kinds, ["stg_feed__team"]).fetchall() == [("VIEW",)]
        assert engine.execute(kinds, ["dim_team"]).fetchall() == [("BASE TABLE",)]
        assert engine.execute("select count(*) from dim_team").fetchone() == (0,)
