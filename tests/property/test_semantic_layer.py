"""What MetricFlow answers is what the mart says.

Belongs here: ``mf query`` over the project's semantic layer.
Does not belong here: whether the mart is right (``test_metrics``).
"""

import csv
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.property.panels import Practice
from tests.support.landing import write_landing
from tests.support.warehouse import ROOT, Marts, Warehouse

AS_OF = date(2026, 5, 20)
Answer = dict[tuple[str, ...], float]
METRICS = ("pcbh_penetration", "pcbh_warm_handoff_share", "cocm_billable_rate", "cocm_improved_70_days")
TABLES = ("fct_metric_value", "int_calendar_day")
BY_TEAM = """
    select period_start_on, entity_id, value from fct_metric_value
    where metric_id = '{metric}' and entity_type = 'team' and period_type = 'month'
"""
BY_MONTH = """
    select period_start_on, sum(numerator) / nullif(sum(denominator), 0) from ({of_teams}) group by all
"""


@pytest.fixture(scope="module")
def marts(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Marts:
    work = tmp_path_factory.mktemp("semantic")
    feeds = Practice(AS_OF, 1).delivered()
    return warehouse.build(write_landing(work / "landing", feeds), work, as_of=AS_OF)


@pytest.fixture(scope="module")
def project(warehouse: Warehouse, marts: Marts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dbt project as MetricFlow wants it: its settings, its semantic manifest, and the tables in a file."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / "dbt_project" / name, folder)
    (folder / "target").mkdir()
    shutil.copy(warehouse.semantic_manifest, folder / "target")
    marts.engine.execute(f"attach '{folder / 'warehouse.duckdb'}' as written")
    for table in TABLES:
        marts.engine.execute(f"create table written.main.{table} as from {table}")
    marts.engine.execute("detach written")
    return folder


def ask(project: Path, group_by: str) -> dict[str, Answer]:
    """The answer of ``mf query`` for each metric by what it is grouped by; months are their first day."""
    answer = project / "answer.csv"
    answer.unlink(missing_ok=True)
    environment = {
        **os.environ,
        "DBT_PROFILES_DIR": str(project),
        "WARMHANDOFF_WAREHOUSE": str(project / "warehouse.duckdb"),
        "WARMHANDOFF_LAKE": "lake",
        "WARMHANDOFF_QUARANTINE": "quarantine",
        "WARMHANDOFF_THREADS": "1",
        "WARMHANDOFF_MEMORY_LIMIT": "1GB",
        "DO_NOT_TRACK": "1",
    }
    command = [str(Path(sys.executable).with_name("mf")), "query", "--metrics", ",".join(METRICS)]
    options = ["--group-by", group_by, "--csv", str(answer)]
    ended = subprocess.run(
        [*command, *options], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert answer.exists(), ended.stdout[-2000:] + ended.stderr[-2000:]
    with answer.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    grouped = [name for name in rows[0] if name not in METRICS]
    return {
        metric: {tuple(row[name][:10] for name in grouped): float(row[metric]) for row in rows if row[metric]}
        for metric in METRICS
    }


def test_an_answer_by_team_and_month_is_the_value_of_the_mart(project: Path, marts: Marts) -> None:
    answered = ask(project, "metric_time__month,team_metric_month__entity_id")
    for metric in METRICS:
        rows = marts.engine.execute(BY_TEAM.format(metric=metric)).fetchall()
        expected = {(first.isoformat(), team): value for first, team, value in rows if value is not None}
        assert expected
        assert answered[metric] == pytest.approx(expected), metric


def test_an_answer_over_all_teams_is_the_quotient_of_their_sums(project: Path, marts: Marts) -> None:
    answered = ask(project, "metric_time__month")
    for metric in METRICS:
        of_teams = BY_TEAM.format(metric=metric).replace("entity_id, value", "numerator, denominator")
        rows = marts.engine.execute(BY_MONTH.format(of_teams=of_teams)).fetchall()
        expected = {(first.isoformat(),): value for first, value in rows if value is not None}
        assert answered[metric] == pytest.approx(expected), metric
