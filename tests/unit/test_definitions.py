"""The asset graph: it loads, it is wired as a night needs it, and a change of it is seen in a diff."""

import json
import os
from pathlib import Path

import pytest
import yaml
from dagster import AssetKey, Definitions, RepositoryDefinition

from orchestration.assets.publish import PUBLISHED
from orchestration.assets.warehouse import HouseTranslator, attach_tests
from orchestration.build import build_defs, mart_keys
from orchestration.feeds.contract import load_contract
from orchestration.jobs import JOB_NAME
from orchestration.night import Night
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.transform import manifest_file

SNAPSHOT = Path(__file__).with_name("graph.txt")


@pytest.fixture(scope="module")
def defs(parsed_project: Settings) -> Definitions:
    """Return the definitions over a parsed project."""
    return build_defs({"night": Night(parsed_project)})


@pytest.fixture(scope="module")
def repository(defs: Definitions) -> RepositoryDefinition:
    """Return the definitions as Dagster's server sees them."""
    return defs.get_repository_def()


def _graph(repository: RepositoryDefinition) -> str:
    graph = repository.asset_graph
    lines = []
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        lines.append(f"asset {key.to_user_string()} [{node.group_name}] {', '.join(sorted(node.owners))}")
    for check in sorted(graph.asset_check_keys, key=lambda key: (key.asset_key, key.name)):
        kind = "blocking check" if graph.get(check).blocking else "check"
        lines.append(f"{kind} {check.asset_key.to_user_string()}: {check.name}")
    lines += [f"job {name}" for name in sorted(repository.job_names) if not name.startswith("__")]
    for schedule in repository.schedule_defs:
        lines.append(f"schedule {schedule.name}: {schedule.cron_schedule} in {schedule.execution_timezone}")
    lines += sorted(f"sensor {sensor.name}" for sensor in repository.sensor_defs)
    return "\n".join(lines) + "\n"


def test_the_graph_is_the_one_on_record(repository: RepositoryDefinition) -> None:
    graph = _graph(repository)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(graph, encoding="utf-8")
    recorded = SNAPSHOT.read_text(encoding="utf-8")
    assert graph == recorded, (
        "the asset graph has changed; look at the difference, and where it is meant, record it with "
        "UPDATE_SNAPSHOTS=1 pytest tests/unit/test_definitions.py"
    )


def test_the_keys_of_the_build_are_put_together_once(defs: Definitions) -> None:
    data = defs.resolve_job_def(JOB_NAME).asset_layer.data
    build = next(one.assets_def for one in data if one.node_handle.name == "build")
    assert build.asset_and_check_keys == {*build.keys, *build.check_keys}
    assert build.asset_and_check_keys is build.asset_and_check_keys


def test_each_feed_is_a_raw_asset_that_dbt_reads(repository: RepositoryDefinition) -> None:
    graph = repository.asset_graph
    for feed in load_contract().feeds:
        staged = graph.get(AssetKey(["feed", feed])).child_keys
        assert AssetKey([f"stg_feed__{feed}"]) in staged


def test_publication_waits_for_every_mart(repository: RepositoryDefinition, parsed_project: Settings) -> None:
    manifest = json.loads(manifest_file(parsed_project).read_text(encoding="utf-8"))
    assert repository.asset_graph.get(PUBLISHED).parent_keys == set(mart_keys(manifest))


def test_every_raw_asset_and_every_mart_has_its_gate(
    repository: RepositoryDefinition, parsed_project: Settings
) -> None:
    graph = repository.asset_graph
    gated = {key.asset_key for key in graph.asset_check_keys if key.name == "expectations"}
    manifest = json.loads(manifest_file(parsed_project).read_text(encoding="utf-8"))
    raw = {key for key in graph.get_all_asset_keys() if graph.get(key).group_name == "raw"}
    assert gated == raw | set(mart_keys(manifest))
    assert all(graph.get(key).blocking for key in graph.asset_check_keys if key.name == "expectations")


def test_all_steps_of_the_night_are_in_one_job(defs: Definitions) -> None:
    steps = {node.name for node in defs.resolve_job_def(JOB_NAME).nodes}
    assert steps == {"ingest", "raw_gate", "build", "marts_gate", "published__generation"}


def test_each_step_that_opens_the_engines_files_is_in_the_writers_pool(defs: Definitions) -> None:
    pools = {node.name: node.definition.pool for node in defs.resolve_job_def(JOB_NAME).nodes}  # type: ignore[attr-defined]
    assert set(pools.values()) == {"duckdb_writer"}, pools


def test_a_test_of_several_models_belongs_to_the_last_of_them() -> None:
    manifest = {
        "parent_map": {"model.w.a": [], "model.w.b": ["model.w.a"], "model.w.c": ["model.w.b"]},
        "child_map": {"model.w.a": ["model.w.b"], "model.w.b": ["model.w.c"], "model.w.c": []},
        "nodes": {
            "model.w.a": {"resource_type": "model", "name": "a"},
            "model.w.c": {"resource_type": "model", "name": "c"},
            "test.w.t": {
                "resource_type": "test",
                "depends_on": {"nodes": ["model.w.c", "model.w.a"]},
                "config": {"meta": {"owner": "billing"}},
            },
        },
    }
    attached = attach_tests(manifest)["nodes"]["test.w.t"]["config"]["meta"]
    assert attached == {"owner": "billing", "dagster": {"ref": {"name": "c"}}}


@pytest.mark.parametrize(
    ("path", "kind", "group"),
    [
        ("../models/staging/stg_feed__team.sql", "model", "staging"),
        ("../models/intermediate/ledger/int_slice.sql", "model", "intermediate"),
        ("../models/marts/ledger/fct_minute_segment.sql", "model", "ledger"),
        ("../seeds/payer_policy.csv", "seed", "rules"),
    ],
)
def test_groups_are_layers_and_folders_of_marts(path: str, kind: str, group: str) -> None:
    assert HouseTranslator().get_group_name({"original_file_path": path, "resource_type": kind}) == group


def test_owners_come_from_the_models_own_page() -> None:
    props = {"config": {"meta": {"owner": "revenue cycle"}}}
    assert HouseTranslator().get_owners(props) == ["team:revenue-cycle"]
    assert HouseTranslator().get_owners({}) == ["team:data-engineering"]


def test_dagster_tells_nobody_and_keeps_no_printed_rows() -> None:
    config = yaml.safe_load((PROJECT_ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    assert config["telemetry"] == {"enabled": False}
    assert config["compute_logs"]["class"] == "NoOpComputeLogManager"
    assert config["concurrency"]["pools"]["default_limit"] == 1
    assert config["run_retries"]["retry_on_asset_or_op_failure"] is False
