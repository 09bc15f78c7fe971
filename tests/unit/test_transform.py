"""dbt in this process: places from one home, no printed rows, and errors without values."""

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration.environment import environment
from orchestration.publishing.contract import load_marts
from orchestration.quality.suites import load_checks
from orchestration.settings import Settings
from orchestration.transform import (
    TransformError,
    _clean_run_results,
    build,
    dbt_arguments,
    dbt_variables,
    is_left_to_the_gate,
    manifest_file,
    prepare_manifest,
    rows_by_table,
)

CANARY = "Zzyzx-Canary"


def test_every_place_that_dbt_is_given_lies_in_the_home(settings: Settings) -> None:
    places = {value for name, value in dbt_variables(settings).items() if value.startswith("/")}
    assert len(places) == 3
    assert all(Path(place).is_relative_to(settings.home) for place in places)


def test_dbt_prints_and_logs_nothing_and_tells_nobody(settings: Settings) -> None:
    arguments = dbt_arguments("build", settings)
    assert arguments[:5] == [
        "--log-level",
        "none",
        "--log-level-file",
        "none",
        "--no-send-anonymous-usage-stats",
    ]
    assert "--vars" not in arguments


@pytest.mark.parametrize("full_refresh", [True, False])
def test_a_build_leaves_out_unit_tests_and_refreshes_when_told(
    settings: Settings, full_refresh: bool
) -> None:
    arguments = dbt_arguments("build", settings, full_refresh=full_refresh)
    assert arguments[arguments.index("--exclude-resource-type") + 1] == "unit_test"
    assert ("--full-refresh" in arguments) == full_refresh
    assert ("--no-write-json" in arguments) != full_refresh
    assert "--exclude-resource-type" not in dbt_arguments("parse", settings)


def test_a_build_leaves_as_it_is_what_it_is_told_and_nothing_that_reads_or_tests_it(
    settings: Settings,
) -> None:
    arguments = dbt_arguments("build", settings, without=["rule", "policy"])
    assert arguments[-2:] == ["policy", "rule"]
    assert arguments[arguments.index("--indirect-selection") + 1] == "empty"


def test_a_key_that_dbt_leaves_out_of_a_night_is_one_that_the_gate_looks_at(parsed_project: Settings) -> None:
    manifest = json.loads(manifest_file(parsed_project).read_text(encoding="utf-8"))
    gate = {(check.table_name, check.name) for check in load_checks("marts", as_of=date(2026, 6, 24))}
    left_out = []
    for test in manifest["nodes"].values():
        if not is_left_to_the_gate(test):
            continue
        left_out.append(test["name"])
        mart = manifest["nodes"][test["attached_node"]]["name"]
        asked = test["test_metadata"]["kwargs"]
        columns = asked.get("columns") or [asked["column_name"]]
        if (mart, columns) == ("fct_claim_candidate", ["candidate_id"]):
            assert (mart, "candidate_id_names_one_row") in gate
        elif test["test_metadata"]["name"] == "not_null":
            assert (mart, f"{columns[0]}_is_never_missing") in gate, test["name"]
        else:
            assert (mart, "has_one_row_a_key") in gate
            assert columns == load_marts().marts[mart].key, test["name"]
    assert len(left_out) > len(load_marts().marts)


def test_the_environment_is_as_before_also_after_an_error() -> None:
    def leave() -> None:
        with environment({"WARMHANDOFF_LAKE": "lake", "HOME": "elsewhere"}):
            raise ValueError(os.environ["WARMHANDOFF_LAKE"])

    home = os.environ["HOME"]
    with pytest.raises(ValueError, match="lake"):
        leave()
    assert os.environ["HOME"] == home
    assert "WARMHANDOFF_LAKE" not in os.environ


@pytest.mark.slow
def test_a_manifest_is_made_once_and_again_when_half_written(parsed_project: Settings) -> None:
    manifest = manifest_file(parsed_project)
    whole = manifest.read_bytes()
    assert prepare_manifest(parsed_project).stat().st_mtime_ns == manifest.stat().st_mtime_ns
    manifest.write_bytes(whole[: len(whole) // 2])
    prepare_manifest(parsed_project)
    assert json.loads(manifest.read_bytes())["nodes"].keys() == json.loads(whole)["nodes"].keys()


def test_a_manifest_of_other_files_is_made_again_although_it_is_newer_than_all(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(arguments: list[str], _: Settings) -> Iterator[dict[str, Any]]:
        commands.append("parse" in arguments)
        yield from ()

    commands: list[bool] = []
    monkeypatch.setattr("orchestration.transform._invoke", parse)
    settings.make_home()
    manifest_file(settings).write_text("{}", encoding="utf-8")
    note = settings.dbt_target / "manifest.of"
    for told in ("the files of an earlier release", None):
        if told:
            note.write_text(told, encoding="ascii")
        prepare_manifest(settings)
    assert commands == [True]


@pytest.mark.slow
def test_a_build_without_a_lake_fails_with_nodes_and_kinds_alone(settings: Settings) -> None:
    settings.make_home()
    with pytest.raises(TransformError) as told:
        list(build(settings, full_refresh=False))
    assert "did not succeed" in str(told.value)
    assert "\n" not in str(told.value)
    results = json.loads((settings.dbt_target / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert {result["status"] for result in results} == {"success", "error", "skipped", "pass"}
    assert not manifest_file(settings).exists()
    # The database can be opened again: dbt has let go of it.
    assert rows_by_table(settings)["payer_policy"] > 0


def test_run_results_keep_no_text_that_may_quote_a_row(tmp_path: Path) -> None:
    place = tmp_path / "run_results.json"
    message = (
        f"Runtime Error in model x (x.sql)\n  Conversion Error: Could not convert string '{CANARY}' to INT32"
    )
    results = [
        {"status": "error", "message": message, "unique_id": "model.w.x"},
        {"status": "success", "message": "OK", "unique_id": "model.w.y"},
    ]
    place.write_text(json.dumps({"results": results}), encoding="utf-8")
    _clean_run_results(place)
    kept = json.loads(place.read_text(encoding="utf-8"))["results"]
    assert kept[0]["message"] == "Conversion Error (text withheld, because it may quote a row)"
    assert kept[1] == results[1]
