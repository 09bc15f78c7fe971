"""Findings: what holds a night back, how it is said, and a file that depends on nothing but its rows."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.feeds.contract import load_contract
from orchestration.publishing.contract import SQL_TYPES, load_marts
from orchestration.quality.dbt_results import read_dbt_results
from orchestration.quality.findings import CheckResult, held_sentence, write_findings
from orchestration.quality.suites import SEEDS, RuleError, load_checks
from tests.unit.quality_warehouse import AS_OF

LOST = CheckResult(
    check_id="marts.fct_minute_segment.no_second_is_lost",
    layer="marts",
    table_name="fct_minute_segment",
    severity="critical",
    status="failed",
    failed_rows=12,
    total_rows=3400,
    affected_marts="fct_minute_segment;fct_patient_month",
    owner="data_engineering",
    what_it_means="Minutes were lost.",
    what_to_do="Look at the ledger.",
)
CHECKED_AT = datetime(2026, 4, 16, 4)


@pytest.mark.parametrize(
    ("severity", "status", "waiver", "expected"),
    [
        ("critical", "failed", None, True),
        ("critical", "error", None, True),
        ("critical", "passed", None, False),
        ("critical", "not_applicable", None, False),
        ("critical", "failed", "W-7", False),
        ("warning", "failed", None, False),
        ("warning", "error", None, False),
        ("info", "failed", None, False),
    ],
)
def test_a_failed_or_broken_critical_check_holds_the_night_back(
    severity: Any, status: Any, waiver: str | None, expected: bool
) -> None:
    assert replace(LOST, severity=severity, status=status, waiver_id=waiver).is_blocking is expected


def test_the_reason_of_a_held_night_is_one_readable_line() -> None:
    broken = replace(LOST, check_id="raw.team.has_rows", status="error", failed_rows=None)
    assert held_sentence([LOST, replace(LOST, status="passed", check_id="a")]) == (
        "Held back: marts.fct_minute_segment.no_second_is_lost failed (12 of 3,400 rows). "
        "Minutes were lost. Look at the ledger."
    )
    assert held_sentence([broken, LOST]).startswith(
        "Held back: marts.fct_minute_segment.no_second_is_lost failed (12 of 3,400 rows) "
        "and 1 more blocking check. "
    )
    assert held_sentence([broken]).startswith("Held back: raw.team.has_rows could not be run. ")
    assert "(12 rows)" in held_sentence([replace(LOST, total_rows=None)])
    assert held_sentence([replace(LOST, severity="warning")]) == ""
    assert "\n" not in held_sentence([LOST, broken])


def test_the_file_has_the_columns_and_types_of_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "dq" / "dq_finding.parquet"
    write_findings(path, [LOST], run_id="r1", checked_at=CHECKED_AT)
    contract = load_marts().marts["dq_finding"].columns
    described = duckdb.sql(f"describe from '{path}'").fetchall()
    assert [(row[0], row[1]) for row in described] == [
        (name, SQL_TYPES[kind]) for name, kind in contract.items()
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [child.name for child in path.parent.iterdir()] == ["dq_finding.parquet"]


def test_the_same_findings_in_any_order_are_the_same_bytes(tmp_path: Path) -> None:
    results = [replace(LOST, check_id=f"c{number}", table_name=f"t{number % 3}") for number in range(20)]
    write_findings(tmp_path / "a.parquet", results, run_id="r1", checked_at=CHECKED_AT)
    write_findings(tmp_path / "b.parquet", results[::-1], run_id="r1", checked_at=CHECKED_AT)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    tables = duckdb.sql(f"select table_name from '{tmp_path}/a.parquet'").fetchall()
    assert tables == sorted(tables)


def test_a_check_has_one_row_a_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two results of check"):
        write_findings(tmp_path / "a.parquet", [LOST, LOST], run_id="r1", checked_at=CHECKED_AT)
    assert not list(tmp_path.iterdir())


def test_every_check_has_a_name_of_its_own_and_says_what_it_is_for() -> None:
    checks = [*load_checks("raw", as_of=AS_OF), *load_checks("marts", as_of=AS_OF)]
    assert len({check.check_id for check in checks}) == len(checks)
    for check in checks:
        assert check.owner
        for sentence in (check.what_it_means, check.what_to_do):
            assert sentence.endswith("."), check.check_id
            assert sentence[0].isupper(), check.check_id


def test_affected_marts_are_marts_of_the_contract() -> None:
    checks = [*load_checks("raw", as_of=AS_OF), *load_checks("marts", as_of=AS_OF)]
    assert {mart for check in checks for mart in check.affected_marts} <= set(load_marts().marts)


def copied_seeds(tmp_path: Path, name: str, old: str, new: str) -> Path:
    for seed in ("threshold.csv", "feed_consequence.csv"):
        text = (SEEDS / seed).read_text(encoding="utf-8")
        (tmp_path / seed).write_text(text.replace(old, new) if seed == name else text, encoding="utf-8")
    return tmp_path


def test_a_site_changes_its_own_thresholds(tmp_path: Path) -> None:
    seeds = copied_seeds(
        tmp_path, "threshold.csv", "dq_orphan_share_warning,0.01", "dq_orphan_share_warning,0.5"
    )
    by_id = {check.check_id: check for check in load_checks("raw", seeds=seeds, as_of=AS_OF)}
    assert by_id["raw.care_activity.patient_id_is_known"].threshold == 0.5


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("threshold.csv", "dq_orphan_share_warning", "other", "no row dq_orphan_share_warning"),
        (
            "threshold.csv",
            "dq_orphan_share_warning,0.01",
            "dq_orphan_share_warning,few",
            "without a name or a number",
        ),
        ("feed_consequence.csv", "consent,No consent", "other,No consent", "no row for the feed consent"),
        ("feed_consequence.csv", "expected_every_days", "days", "not complete"),
    ],
)
def test_a_missing_rule_is_an_error_that_names_file_and_row(
    name: str, old: str, new: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(RuleError, match=said):
        load_checks("raw", seeds=copied_seeds(tmp_path, name, old, new), as_of=AS_OF)


def test_every_feed_has_a_consequence_and_no_other_has() -> None:
    lines = (SEEDS / "feed_consequence.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert sorted({line.split(",")[0] for line in lines}) == sorted(load_contract().feeds)


def node(name: str, *, severity: str = "error", **more: Any) -> dict[str, Any]:
    return {"name": name, "config": {"severity": severity, "meta": more.pop("meta", {})}, **more}


MANIFEST = {
    "nodes": {
        "model.w.int_a": node("int_a", meta={"owner": "billing"}),
        "model.w.fct_b": node("fct_b"),
        "test.w.unique_b.1": node(
            "unique_fct_b_id",
            attached_node="model.w.fct_b",
            column_name="id",
            test_metadata={"name": "unique"},
        ),
        "test.w.assert_no_second_is_counted_twice": node(
            "assert_no_second_is_counted_twice",
            depends_on={"nodes": ["model.w.int_a"]},
            severity="warn",
            meta={"what_it_means": "It means.", "what_to_do": "Do.", "affected_marts": "rpt_c;rpt_d"},
        ),
        "test.w.unknown.2": node("no_stray", attached_node="model.w.int_a", description="No\n stray row."),
    },
    "child_map": {"model.w.int_a": ["model.w.fct_b", "test.w.unknown.2"], "model.w.fct_b": []},
}


def ran(tmp_path: Path, **statuses: tuple[str, int | None]) -> list[CheckResult]:
    ids = {"unique": "test.w.unique_b.1", "twice": "test.w.assert_no_second_is_counted_twice"}
    ids |= {"stray": "test.w.unknown.2", "model": "model.w.int_a", "unit": "unit_test.w.fct_b.edge"}
    results = [
        {"unique_id": ids[name], "status": status, "failures": failures, "message": "value Zyxwvcanary"}
        for name, (status, failures) in statuses.items()
    ]
    (tmp_path / "run_results.json").write_text(json.dumps({"results": results}), encoding="utf-8")
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    return read_dbt_results(tmp_path / "run_results.json", tmp_path / "manifest.json")


def test_a_failed_dbt_test_of_severity_error_blocks(tmp_path: Path) -> None:
    (result,) = ran(tmp_path, unique=("fail", 3), unit=("fail", 1), model=("success", None))
    assert (result.check_id, result.layer, result.table_name) == ("dbt.fct_b.unique_fct_b_id", "dbt", "fct_b")
    assert (result.status, result.failed_rows, result.is_blocking) == ("failed", 3, True)
    assert (result.owner, result.affected_marts) == ("data_engineering", "fct_b")
    assert "names one row has the same value in several: id" in result.what_it_means
    assert "Zyxwvcanary" not in repr(result)


def test_a_test_that_was_left_as_it_was_has_passed_and_other_nodes_say_nothing(tmp_path: Path) -> None:
    (run,) = ran(tmp_path, unique=("pass", 0))
    files = tmp_path / "run_results.json", tmp_path / "manifest.json"
    files[0].write_text(json.dumps({"results": []}), encoding="utf-8")
    assert read_dbt_results(*files, ["test.w.unique_b.1", "model.w.int_a"]) == [run]


def test_a_dbt_test_of_severity_warn_does_not_block_and_says_what_it_was_given(tmp_path: Path) -> None:
    (result,) = ran(tmp_path, twice=("warn", 2))
    assert (result.status, result.severity, result.is_blocking) == ("failed", "warning", False)
    assert (result.what_it_means, result.what_to_do) == ("It means.", "Do.")
    assert (result.affected_marts, result.owner, result.table_name) == ("rpt_c;rpt_d", "billing", "int_a")


def test_a_model_that_could_not_be_built_blocks_and_what_it_kept_from_running_does_not(
    tmp_path: Path,
) -> None:
    built, stray = ran(tmp_path, model=("error", None), stray=("skipped", None))
    assert (built.check_id, built.status, built.is_blocking) == ("dbt.int_a.is_built", "error", True)
    assert built.affected_marts == "fct_b"
    assert (stray.status, stray.is_blocking, stray.what_it_means) == (
        "not_applicable",
        False,
        "No stray row.",
    )


def test_a_dbt_test_that_broke_is_an_error_that_blocks(tmp_path: Path) -> None:
    (result,) = ran(tmp_path, unique=("error", None))
    assert (result.status, result.failed_rows, result.is_blocking) == ("error", None, True)


def test_a_dbt_test_of_severity_warn_that_broke_is_an_error_that_does_not_block(tmp_path: Path) -> None:
    (result,) = ran(tmp_path, twice=("error", None))
    assert (result.status, result.severity, result.is_blocking) == ("error", "warning", False)


def test_a_passed_dbt_test_passes(tmp_path: Path) -> None:
    (result,) = ran(tmp_path, unique=("pass", 0))
    assert (result.status, result.failed_rows) == ("passed", 0)
