"""Every check of the marts on both sides: it holds where the marts agree, and fails on its fault.

Faults are tried on the queries of the checks, in a transaction that is taken back. That Great Expectations
runs just these queries, and its counts are read rightly, is tried in test_quality_engine.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from expectations.check import Check, NoRows, NotNull
from orchestration.publishing.contract import load_marts
from orchestration.quality.findings import blocking
from orchestration.quality.gates import run_checks
from orchestration.quality.suites import BUILT_MARTS, load_checks
from tests.unit.quality_direct import validate, violations
from tests.unit.quality_faults import ALWAYS_FOUND, FAULTS, HARMLESS, OTHER_DELIVERIES
from tests.unit.quality_warehouse import AS_OF, make_warehouse

CHECKS = {check.check_id.removeprefix("marts."): check for check in load_checks("marts", as_of=AS_OF)}
GENERIC = (
    "has_the_columns_of_its_contract",
    "has_the_types_of_its_contract",
    "has_one_row_a_key",
    "is_never_missing",
)


def listed(changes: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    return [(name, statements) for name, several in changes.items() for statements in several]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_warehouse(tmp_path_factory.mktemp("sound") / "warehouse.duckdb")


@pytest.fixture
def change(sound: Path, tmp_path: Path) -> Callable[[Iterable[str]], Path]:
    def apply(statements: Iterable[str]) -> Path:
        database = Path(shutil.copy(sound, tmp_path / "warehouse.duckdb"))
        with duckdb.connect(str(database)) as connection:
            for statement in statements:
                connection.execute(statement)
        return database

    return apply


@pytest.fixture(scope="module")
def engine(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    copy = shutil.copy(sound, tmp_path_factory.mktemp("faults") / "warehouse.duckdb")
    with duckdb.connect(str(copy)) as connection:
        yield connection


def found_after(statements: str, check: Check, engine: duckdb.DuckDBPyConnection) -> int:
    """Count what a check finds after a change that is then taken back."""
    engine.execute("begin")
    try:
        engine.execute(statements)
        return violations(check, engine)
    finally:
        engine.execute("rollback")


@pytest.mark.slow
def test_a_warehouse_that_agrees_with_itself_passes_every_check(sound: Path) -> None:
    results = run_checks(list(CHECKS.values()), database=sound, validate=validate)
    unkept = {result.check_id: result.status for result in results if result.status != "passed"}
    assert unkept == {f"marts.{name}": "failed" for name in ALWAYS_FOUND}
    assert blocking(results) == []


@pytest.mark.parametrize(("name", "statements"), listed(FAULTS))
def test_a_fault_is_found(name: str, statements: str, engine: duckdb.DuckDBPyConnection) -> None:
    assert found_after(statements, CHECKS[name], engine) > 0
    assert found_after("select 1", CHECKS[name], engine) == 0 or name in ALWAYS_FOUND


@pytest.mark.parametrize(("name", "statements"), listed(FAULTS))
def test_a_row_with_a_fault_can_be_named(
    name: str, statements: str, engine: duckdb.DuckDBPyConnection
) -> None:
    drill = CHECKS[name].drill
    if drill is None or drill.key is None:
        return
    unnamed = NoRows(f"select 1 from ({drill.query}) where row_key is null")
    assert found_after(statements, replace(CHECKS[name], rule=unnamed, drill=None), engine) == 0


@pytest.mark.parametrize(("name", "statements"), listed(HARMLESS))
def test_what_looks_like_a_fault_passes(
    name: str, statements: str, engine: duckdb.DuckDBPyConnection
) -> None:
    assert found_after(statements, CHECKS[name], engine) == 0


def test_every_check_has_a_fault_that_it_is_for() -> None:
    special = {name for name in CHECKS if not name.endswith(GENERIC)}
    assert special == set(FAULTS)


def test_what_holds_no_night_back_is_named_one_by_one() -> None:
    mild = {name: check.severity for name, check in CHECKS.items() if check.severity != "critical"}
    assert mild == {
        "dim_practitioner.npi_is_valid": "warning",
        "dq_feed_delivery.has_one_row_a_key": "warning",
        "dq_feed_delivery.newest_deliveries_have_the_usual_size": "warning",
        "dq_quarantine.few_time_entries_are_refused": "warning",
        "dq_quarantine.has_one_row_a_key": "warning",
        "fct_claim_candidate.expected_amount_is_known": "info",
        "fct_minute_segment.lost_time_names_the_entry_it_was_lost_to": "warning",
        "fct_minute_segment.time_belongs_to_known_people": "warning",
    }


def of_kind(kind: str) -> list[Check]:
    return [check for name, check in CHECKS.items() if name.endswith(kind)]


def test_a_missing_column_of_any_mart_blocks(change: Callable[[Iterable[str]], Path]) -> None:
    database = change(
        f"alter table {mart} drop column {list(load_marts().marts[mart].columns)[-1]}" for mart in BUILT_MARTS
    )
    results = run_checks(of_kind("has_the_columns_of_its_contract"), database=database, validate=validate)
    assert {result.table_name for result in blocking(results)} == set(BUILT_MARTS)
    assert {result.failed_rows for result in results} == {1}


@pytest.mark.slow
def test_a_changed_type_in_any_mart_blocks(change: Callable[[Iterable[str]], Path]) -> None:
    database = change(
        f"alter table {mart} alter {load_marts().marts[mart].key[0]} type blob using cast(null as blob)"
        for mart in BUILT_MARTS
    )
    results = run_checks(of_kind("has_the_types_of_its_contract"), database=database, validate=validate)
    assert {result.table_name for result in blocking(results)} == set(BUILT_MARTS)


@pytest.mark.slow
def test_a_repeated_key_in_any_mart_is_found(change: Callable[[Iterable[str]], Path]) -> None:
    database = change(f"insert into {mart} select * from {mart}" for mart in BUILT_MARTS)
    results = run_checks(of_kind("has_one_row_a_key"), database=database, validate=validate)
    assert {result.status for result in results} == {"failed"}
    tables_of_faults = {"dq_quarantine", "dq_feed_delivery"}
    assert {result.table_name for result in blocking(results)} == set(BUILT_MARTS) - tables_of_faults


@pytest.mark.slow
def test_a_missing_key_in_any_mart_blocks(change: Callable[[Iterable[str]], Path]) -> None:
    checks = of_kind("is_never_missing")
    nulls = [(check.table_name, check.rule.column) for check in checks if isinstance(check.rule, NotNull)]
    database = change(f"update {table} set {column} = null" for table, column in nulls)
    results = run_checks(checks, database=database, validate=validate)
    assert blocking(results) == results


def test_refused_time_entries_are_a_share_of_the_rows_of_the_newest_delivery(
    change: Callable[[Iterable[str]], Path],
) -> None:
    database = change([OTHER_DELIVERIES, "update dq_quarantine set resolved_on = null"])
    check = CHECKS["dq_quarantine.few_time_entries_are_refused"]
    (result,) = run_checks([check], database=database, validate=validate)
    assert (result.status, result.severity, result.failed_rows, result.total_rows) == (
        "failed",
        "info",
        1,
        1000,
    )


@pytest.mark.parametrize(
    ("npi", "cause"), [(None, "no NPI"), ("", "no NPI"), ("1234567890", "wrong check digit")]
)
def test_a_number_that_is_not_there_is_told_apart_from_a_wrong_one(
    npi: str | None, cause: str, engine: duckdb.DuckDBPyConnection
) -> None:
    drill = CHECKS["dim_practitioner.npi_is_valid"].drill
    assert drill is not None
    engine.execute("begin")
    engine.execute(
        "update dim_practitioner set is_npi_valid = false, npi = ? where practitioner_id = 's1'", [npi]
    )
    told = engine.execute(drill.query).fetchall()
    engine.execute("rollback")
    assert told == [("s1", cause)]


def test_two_months_without_a_code_are_one_key(engine: duckdb.DuckDBPyConnection) -> None:
    assert "fct_claim_candidate.procedure_code_is_never_missing" not in CHECKS
    twice = "insert into fct_claim_candidate select * from fct_claim_candidate where procedure_code is null"
    assert found_after(twice, CHECKS["fct_claim_candidate.has_one_row_a_key"], engine) == 2


@pytest.mark.slow
def test_a_missing_mart_is_an_error_that_blocks(change: Callable[[Iterable[str]], Path]) -> None:
    database = change(["drop table fct_claim_evidence"])
    results = run_checks(list(CHECKS.values()), database=database, validate=validate)
    of_mart = [result for result in results if result.table_name == "fct_claim_evidence"]
    assert {result.status for result in of_mart} == {"error"}
    assert blocking(results) == of_mart


def test_a_missing_column_makes_the_checks_over_it_errors(change: Callable[[Iterable[str]], Path]) -> None:
    database = change(["alter table fct_minute_segment drop column disposition"])
    of_ledger = [check for check in CHECKS.values() if check.table_name == "fct_minute_segment"]
    results = run_checks(of_ledger, database=database, validate=validate)
    by_name = {result.check_id.rsplit(".", 1)[-1]: result for result in results}
    assert by_name["disposition_is_one_of_the_list"].status == "error"
    assert by_name["no_second_of_a_staff_member_is_credited_twice"].status == "error"
    assert by_name["no_second_of_a_staff_member_is_credited_twice"].is_blocking
    assert by_name["has_the_columns_of_its_contract"].status == "failed"
    assert by_name["seconds_are_the_length_of_the_segment"].status == "passed"


@pytest.mark.slow
def test_an_empty_warehouse_is_not_applicable_and_keeps_its_structure(
    change: Callable[[Iterable[str]], Path],
) -> None:
    database = change(f"delete from {mart}" for mart in (*BUILT_MARTS, "int_entry"))
    results = run_checks(list(CHECKS.values()), database=database, validate=validate)
    assert {result.status for result in results} == {"passed", "not_applicable"}
    passed = {result.check_id.rsplit(".", 1)[-1] for result in results if result.status == "passed"}
    assert passed == {"has_the_columns_of_its_contract", "has_the_types_of_its_contract"}


def test_an_emptied_ledger_is_not_excused_by_being_empty(change: Callable[[Iterable[str]], Path]) -> None:
    check = CHECKS["fct_minute_segment.no_second_of_an_entry_is_lost_or_doubled"]
    (result,) = run_checks([check], database=change(["delete from fct_minute_segment"]), validate=validate)
    assert (result.status, result.failed_rows, result.total_rows) == ("failed", 7, 0)
