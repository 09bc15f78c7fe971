"""Every check of the marts on both sides: it holds where the marts agree, and fails on its fault.

Faults are tried on the queries of the checks, in a transaction that is taken back. That the gate runs just
these queries, and reads their counts rightly, is tried on many faults at once.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import duckdb
import pytest

from expectations.check import Check, InSet, NoRows, NotNull
from orchestration.publishing.contract import load_marts
from orchestration.quality.findings import blocking
from orchestration.quality.gates import run_checks, run_gate
from orchestration.quality.suites import BUILT_MARTS, load_checks
from tests.unit.quality_warehouse import AS_OF, make_warehouse

CHECKS = {check.check_id.removeprefix("marts."): check for check in load_checks("marts", as_of=AS_OF)}
GENERIC = (
    "has_the_columns_of_its_contract",
    "has_the_types_of_its_contract",
    "has_one_row_a_key",
    "is_never_missing",
)

# What each check is for, as the smallest change that breaks it: check, and statements.
FAULTS = [
    (
        "fct_minute_segment.no_second_of_an_entry_is_lost_or_doubled",
        "delete from fct_minute_segment where entry_id = 'e5'",
    ),
    (
        "fct_minute_segment.no_second_of_an_entry_is_lost_or_doubled",
        "delete from fct_minute_segment where entry_id = 'e3' and segment_number = 2",
    ),
    (
        "fct_minute_segment.no_second_of_an_entry_is_lost_or_doubled",
        "insert into fct_minute_segment select * from fct_minute_segment where entry_id = 'e4'",
    ),
    (
        "fct_minute_segment.no_second_of_an_entry_is_lost_or_doubled",
        "delete from int_entry where entry_id = 'e4' and knowledge_id = 'current'",
    ),
    (
        "fct_minute_segment.segments_of_an_entry_leave_no_gap",
        "update fct_minute_segment set started_at = started_at + interval 1 second, "
        "ended_at = ended_at + interval 1 second where entry_id = 'e3' and segment_number = 2",
    ),
    (
        "fct_minute_segment.seconds_are_the_length_of_the_segment",
        "update fct_minute_segment set seconds = seconds + 1 where entry_id = 'e5'",
    ),
    (
        "fct_minute_segment.seconds_are_the_length_of_the_segment",
        "update fct_minute_segment set seconds = 0, ended_at = started_at where entry_id = 'e5'",
    ),
    (
        "fct_minute_segment.no_second_of_a_staff_member_is_credited_twice",
        "update fct_minute_segment set started_at = timestamp '2026-03-02 10:44:59', "
        "ended_at = timestamp '2026-03-02 11:34:59' where entry_id = 'e2'",
    ),
    (
        "fct_minute_segment.no_second_of_a_staff_member_is_credited_twice",
        "update fct_minute_segment set started_at = timestamp '2026-03-02 11:10:00', "
        "ended_at = timestamp '2026-03-02 11:30:00' where entry_id = 'e4'",
    ),
    (
        "fct_minute_segment.no_second_of_a_patient_is_credited_twice",
        "update fct_minute_segment set disposition = 'credited' where entry_id = 'e3'",
    ),
    (
        "fct_minute_segment.disposition_is_one_of_the_list",
        "update fct_minute_segment set disposition = 'lost' where entry_id = 'e5'",
    ),
    *(
        (
            "fct_minute_segment.credited_time_has_person_episode_and_rule",
            f"update fct_minute_segment set {column} = null where entry_id = 'e1'",
        )
        for column in ("patient_id", "staff_id", "episode_id", "program", "rule_version", "disposition")
    ),
    (
        "fct_minute_segment.credited_time_has_person_episode_and_rule",
        "update fct_minute_segment set rule_version = 'medicare-1999' where entry_id = 'e1'",
    ),
    (
        "fct_minute_segment.lost_time_names_the_entry_it_was_lost_to",
        "update fct_minute_segment set lost_to_entry_id = null where entry_id = 'e3'",
    ),
    (
        "fct_minute_segment.lost_time_names_the_entry_it_was_lost_to",
        "update fct_minute_segment set lost_to_entry_id = 'e3' where disposition = 'patient_overlap'",
    ),
    (
        "fct_patient_month.seconds_are_the_sum_of_the_segments",
        "update fct_patient_month set credited_seconds = credited_seconds + 1 where patient_id = 'p2'",
    ),
    (
        "fct_patient_month.seconds_are_the_sum_of_the_segments",
        "update fct_patient_month set uncredited_seconds = 0 where patient_id = 'p1'",
    ),
    (
        "fct_patient_month.seconds_are_the_sum_of_the_segments",
        "delete from fct_patient_month where patient_id = 'p2'",
    ),
    (
        "fct_patient_month.minutes_are_the_whole_minutes_of_the_sum",
        "update fct_patient_month set credited_seconds = 5999 where credited_seconds = 6000",
    ),
    (
        "fct_patient_month.month_type_says_whether_time_was_credited",
        "update fct_patient_month set month_type = 'initial' where patient_id = 'p4'",
    ),
    (
        "fct_patient_month.month_type_says_whether_time_was_credited",
        "update fct_patient_month set month_type = null where patient_id = 'p2'",
    ),
    (
        "fct_claim_candidate.has_a_policy_row",
        "update fct_claim_candidate set policy_version = null where candidate_id = 'c3'",
    ),
    (
        "fct_claim_candidate.has_a_policy_row",
        "update payer_policy set valid_to = date '2026-03-30' where payer_id = 'medicare'",
    ),
    (
        "fct_claim_candidate.has_a_policy_row",
        "update payer_policy set valid_from = date '2026-04-01' where payer_id = 'default'",
    ),
    (
        "fct_claim_candidate.has_a_policy_row",
        "update fct_claim_candidate set payer_id = 'acme' where candidate_id = 'c1'",
    ),
    ("fct_claim_candidate.candidate_id_names_one_row", "update fct_claim_candidate set candidate_id = 'c1'"),
    (
        "fct_claim_candidate.agrees_with_its_month",
        "update fct_claim_candidate set credited_minutes = 99 where candidate_id = 'c2'",
    ),
    ("fct_claim_candidate.agrees_with_its_month", "update fct_claim_candidate set month_type = 'subsequent'"),
    (
        "fct_claim_candidate.agrees_with_its_month",
        "delete from fct_claim_candidate where candidate_id = 'c5'",
    ),
    ("fct_claim_candidate.agrees_with_its_month", "delete from fct_patient_month where patient_id = 'p4'"),
    (
        "fct_claim_candidate.expected_amount_is_known",
        "update fct_claim_candidate set expected_amount_usd = null",
    ),
    (
        "fct_claim_candidate.status_is_one_of_the_list",
        "update fct_claim_candidate set status = 'done' where candidate_id = 'c3'",
    ),
    (
        "fct_claim_candidate.ready_candidates_pass_every_check",
        "update fct_claim_check set outcome = 'fail', severity = 'review' "
        "where candidate_id = 'c2' and check_id = 'unit_limit'",
    ),
    (
        "fct_claim_candidate.ready_candidates_pass_every_check",
        "delete from fct_claim_check where candidate_id = 'c1' and check_id = 'consent_on_file'",
    ),
    (
        "fct_claim_candidate.ready_candidates_pass_every_check",
        "delete from fct_claim_check where candidate_id = 'c1'",
    ),
    (
        "fct_claim_candidate.status_follows_from_its_checks",
        "update fct_claim_candidate set blocking_check_ids = null where candidate_id = 'c3'",
    ),
    (
        "fct_claim_candidate.status_follows_from_its_checks",
        "update fct_claim_candidate set review_check_ids = null where candidate_id = 'c3'",
    ),
    (
        "fct_claim_candidate.status_follows_from_its_checks",
        "update fct_claim_candidate set status = 'review' where candidate_id = 'c3'",
    ),
    (
        "fct_claim_candidate.status_follows_from_its_checks",
        "update fct_claim_candidate set status = 'held' where candidate_id = 'c1'",
    ),
    (
        "fct_claim_candidate.status_follows_from_its_checks",
        "update fct_claim_candidate set status = 'review' where candidate_id = 'c1'",
    ),
    (
        "fct_claim_candidate.status_follows_from_its_month",
        "update fct_claim_candidate set status = 'ready' where candidate_id = 'c5'",
    ),
    (
        "fct_claim_candidate.status_follows_from_its_month",
        "update fct_patient_month set is_month_over = false",
    ),
    (
        "fct_claim_candidate.status_follows_from_its_month",
        "update fct_claim_candidate set status = 'in_progress' where candidate_id = 'c1'",
    ),
    (
        "fct_claim_candidate.add_on_codes_share_the_status_of_their_base",
        "update fct_claim_candidate set status = 'review' where candidate_id = 'c2'",
    ),
    (
        "fct_claim_candidate.suppressed_candidates_name_the_one_that_was_kept",
        "update fct_claim_candidate set suppressed_by = 'c9' where candidate_id = 'c4'",
    ),
    (
        "fct_claim_candidate.suppressed_candidates_name_the_one_that_was_kept",
        "update fct_claim_candidate set suppressed_by = 'c3' where candidate_id = 'c4'",
    ),
    (
        "fct_claim_candidate.suppressed_candidates_name_the_one_that_was_kept",
        "update fct_claim_candidate set status = 'ready' where candidate_id = 'c4'",
    ),
    ("fct_claim_check.belongs_to_a_candidate", "delete from fct_claim_candidate where candidate_id = 'c3'"),
    (
        "fct_claim_check.belongs_to_a_candidate",
        "update fct_claim_check set outcome = null where candidate_id = 'c3'",
    ),
    (
        "fct_claim_check.belongs_to_a_candidate",
        "update fct_claim_check set severity = 'warn' where candidate_id = 'c3'",
    ),
    (
        "fct_claim_evidence.adds_up_to_the_credited_seconds",
        "delete from fct_claim_evidence where candidate_id = 'c3'",
    ),
    (
        "fct_claim_evidence.adds_up_to_the_credited_seconds",
        "update fct_claim_evidence set candidate_id = 'c9' where candidate_id = 'c3'",
    ),
    (
        "fct_claim_evidence.is_made_of_credited_segments",
        "update fct_minute_segment set disposition = 'voided' where entry_id = 'e4'",
    ),
    (
        "fct_claim_evidence.is_made_of_credited_segments",
        "delete from fct_minute_segment where entry_id = 'e4'",
    ),
    ("rpt_near_miss.agrees_with_its_month", "update rpt_near_miss set credited_minutes = 11"),
    ("rpt_near_miss.agrees_with_its_month", "update rpt_near_miss set minutes_needed = 19"),
    ("rpt_near_miss.agrees_with_its_month", "update fct_patient_month set is_month_over = true"),
    (
        "rpt_claim_reconciliation.agrees_with_the_candidates",
        "delete from rpt_claim_reconciliation where patient_id = 'p1'",
    ),
    (
        "rpt_claim_reconciliation.agrees_with_the_candidates",
        "update rpt_claim_reconciliation set expected_amount_usd = 199",
    ),
    (
        "rpt_claim_reconciliation.agrees_with_the_candidates",
        "update rpt_claim_reconciliation set outcome = 'missed'",
    ),
    (
        "rpt_restatement.ends_at_what_the_candidate_says_now",
        "update rpt_restatement set after_code = '99493'",
    ),
    (
        "rpt_restatement.ends_at_what_the_candidate_says_now",
        "update rpt_restatement set before_code = '99492'",
    ),
    (
        "rpt_caseload_registry.shows_each_episode_in_force_once",
        "delete from rpt_caseload_registry where patient_id = 'p2'",
    ),
    ("rpt_caseload_registry.shows_each_episode_in_force_once", "update fct_episode set is_in_force = false"),
    (
        "dim_practitioner.npi_is_valid",
        "update dim_practitioner set is_npi_valid = null where practitioner_id = 's1'",
    ),
    (
        "fct_minute_segment.time_belongs_to_known_people",
        "update fct_minute_segment set disposition = 'unknown_patient'",
    ),
    ("dq_quarantine.few_time_entries_are_refused", "update dq_quarantine set resolved_on = null"),
    ("dq_feed_delivery.newest_deliveries_have_the_usual_size", "update dq_feed_delivery set rows_read = 499"),
    (
        "dq_feed_delivery.newest_deliveries_have_the_usual_size",
        "update dq_feed_delivery set rows_read = 2001",
    ),
]

# Faults that can be tried on one warehouse, through the gate.
AT_ONCE = {
    "fct_minute_segment.disposition_is_one_of_the_list",
    "fct_minute_segment.no_second_of_a_staff_member_is_credited_twice",
    "fct_minute_segment.segments_of_an_entry_leave_no_gap",
    "fct_patient_month.seconds_are_the_sum_of_the_segments",
    "fct_claim_candidate.has_a_policy_row",
    "fct_claim_candidate.status_is_one_of_the_list",
    "fct_claim_evidence.adds_up_to_the_credited_seconds",
    "rpt_near_miss.agrees_with_its_month",
    "rpt_restatement.ends_at_what_the_candidate_says_now",
    "dq_feed_delivery.newest_deliveries_have_the_usual_size",
}

# e5 was worked by somebody unknown: one segment of eight, far more than the tolerated share.
ALWAYS_FOUND = {"fct_minute_segment.time_belongs_to_known_people"}

# What looks like a fault and is none.
HARMLESS = [
    (
        "fct_minute_segment.no_second_of_a_staff_member_is_credited_twice",
        "update fct_minute_segment set started_at = timestamp '2026-03-02 10:45:00', "
        "ended_at = timestamp '2026-03-02 11:35:00' where entry_id = 'e2'",
    ),
    (
        "fct_minute_segment.no_second_of_a_patient_is_credited_twice",
        "update fct_minute_segment set disposition = 'credited' where entry_id = 'e3'; "
        "update payer_policy set counts_concurrent_staff = true where policy_version = 'medicare-2026-01'",
    ),
    (
        "fct_patient_month.minutes_are_the_whole_minutes_of_the_sum",
        "update fct_patient_month set credited_seconds = 6059 where credited_seconds = 6000",
    ),
    (
        "fct_claim_candidate.has_a_policy_row",
        "update payer_policy set valid_to = date '2026-04-30' where policy_version = 'medicare-2026-01'",
    ),
    (
        "fct_claim_candidate.ready_candidates_pass_every_check",
        "update fct_claim_check set outcome = 'not_applicable' where candidate_id = 'c1'",
    ),
    (
        "rpt_claim_reconciliation.agrees_with_the_candidates",
        "update fct_claim_candidate set status = 'held' where candidate_id = 'c9'",
    ),
    ("dq_feed_delivery.newest_deliveries_have_the_usual_size", "update dq_feed_delivery set rows_read = 500"),
]


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


def violations(check: Check, statements: str, engine: duckdb.DuckDBPyConnection) -> int:
    """Count what a check finds after a change that is then taken back."""
    match check.rule:
        case NoRows(query=query):
            counting = f"select count(*) from ({query})"
        case InSet(column=column, values=values):
            counting = f"select count(*) from {check.table_name} where {column} not in {values}"
        case _:
            raise NotImplementedError(check.rule)
    engine.execute("begin")
    try:
        engine.execute(statements)
        row = engine.execute(counting).fetchone()
    finally:
        engine.execute("rollback")
    assert row is not None
    return int(row[0])


def test_a_warehouse_that_agrees_with_itself_passes_every_check(sound: Path, tmp_path: Path) -> None:
    results = run_gate("marts", database=sound, lake=tmp_path, quarantine=tmp_path, as_of=AS_OF)
    unkept = {result.check_id: result.status for result in results if result.status != "passed"}
    assert unkept == {f"marts.{name}": "failed" for name in ALWAYS_FOUND}
    assert blocking(results) == []


@pytest.mark.parametrize(("name", "statements"), FAULTS)
def test_a_fault_is_found(name: str, statements: str, engine: duckdb.DuckDBPyConnection) -> None:
    assert violations(CHECKS[name], statements, engine) > 0
    assert violations(CHECKS[name], "select 1", engine) == 0 or name in ALWAYS_FOUND


@pytest.mark.parametrize(("name", "statements"), HARMLESS)
def test_what_looks_like_a_fault_passes(
    name: str, statements: str, engine: duckdb.DuckDBPyConnection
) -> None:
    assert violations(CHECKS[name], statements, engine) == 0


def test_the_gate_counts_what_the_queries_find(
    change: Callable[[Iterable[str]], Path], engine: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    first_of_each = dict(reversed(FAULTS))
    together = [first_of_each[name] for name in sorted(AT_ONCE)]
    results = run_gate("marts", database=change(together), lake=tmp_path, quarantine=tmp_path, as_of=AS_OF)
    found = {result.check_id.removeprefix("marts."): result for result in results}
    everything = "; ".join(together)
    for name in AT_ONCE:
        assert found[name].failed_rows == violations(CHECKS[name], everything, engine) > 0
        assert found[name].status == "failed"
        assert found[name].is_blocking == (CHECKS[name].severity == "critical")


def test_every_check_has_a_fault_that_it_is_for() -> None:
    special = {name for name in CHECKS if not name.endswith(GENERIC)}
    assert special == {name for name, _ in FAULTS}


def of_kind(kind: str) -> list[Check]:
    return [check for name, check in CHECKS.items() if name.endswith(kind)]


def test_a_missing_column_of_any_mart_blocks(change: Callable[[Iterable[str]], Path]) -> None:
    database = change(
        f"alter table {mart} drop column {list(load_marts().marts[mart].columns)[-1]}" for mart in BUILT_MARTS
    )
    results = run_checks(of_kind("has_the_columns_of_its_contract"), database=database)
    assert {result.table_name for result in blocking(results)} == set(BUILT_MARTS)
    assert {result.failed_rows for result in results} == {1}


def test_a_changed_type_in_any_mart_blocks(change: Callable[[Iterable[str]], Path]) -> None:
    database = change(
        f"alter table {mart} alter {load_marts().marts[mart].key[0]} type blob" for mart in BUILT_MARTS
    )
    results = run_checks(of_kind("has_the_types_of_its_contract"), database=database)
    assert {result.table_name for result in blocking(results)} == set(BUILT_MARTS)


def test_a_repeated_key_in_any_mart_is_found(change: Callable[[Iterable[str]], Path]) -> None:
    database = change(f"insert into {mart} select * from {mart}" for mart in BUILT_MARTS)
    results = run_checks(of_kind("has_one_row_a_key"), database=database)
    assert {result.status for result in results} == {"failed"}
    tables_of_faults = {"dq_quarantine", "dq_feed_delivery"}
    assert {result.table_name for result in blocking(results)} == set(BUILT_MARTS) - tables_of_faults


def test_a_missing_key_in_any_mart_blocks(change: Callable[[Iterable[str]], Path]) -> None:
    checks = of_kind("is_never_missing")
    nulls = [(check.table_name, check.rule.column) for check in checks if isinstance(check.rule, NotNull)]
    database = change(f"update {table} set {column} = null" for table, column in nulls)
    results = run_checks(checks, database=database)
    assert blocking(results) == results


def test_two_months_without_a_code_are_one_key(engine: duckdb.DuckDBPyConnection) -> None:
    assert "fct_claim_candidate.procedure_code_is_never_missing" not in CHECKS
    twice = "insert into fct_claim_candidate select * from fct_claim_candidate where procedure_code is null"
    assert violations(CHECKS["fct_claim_candidate.has_one_row_a_key"], twice, engine) == 2


def test_a_missing_mart_is_an_error_that_blocks(
    change: Callable[[Iterable[str]], Path], tmp_path: Path
) -> None:
    database = change(["drop table fct_claim_evidence"])
    results = run_gate("marts", database=database, lake=tmp_path, quarantine=tmp_path, as_of=AS_OF)
    of_mart = [result for result in results if result.table_name == "fct_claim_evidence"]
    assert {result.status for result in of_mart} == {"error"}
    assert blocking(results) == of_mart


def test_a_missing_column_makes_the_checks_over_it_errors(change: Callable[[Iterable[str]], Path]) -> None:
    database = change(["alter table fct_minute_segment drop column disposition"])
    results = run_checks(
        [check for check in CHECKS.values() if check.table_name == "fct_minute_segment"], database=database
    )
    by_name = {result.check_id.rsplit(".", 1)[-1]: result for result in results}
    assert by_name["disposition_is_one_of_the_list"].status == "error"
    assert by_name["no_second_of_a_staff_member_is_credited_twice"].status == "error"
    assert by_name["no_second_of_a_staff_member_is_credited_twice"].is_blocking
    assert by_name["has_the_columns_of_its_contract"].status == "failed"
    assert by_name["seconds_are_the_length_of_the_segment"].status == "passed"


def test_an_empty_warehouse_is_not_applicable_and_keeps_its_structure(
    change: Callable[[Iterable[str]], Path], tmp_path: Path
) -> None:
    database = change(f"delete from {mart}" for mart in (*BUILT_MARTS, "int_entry"))
    results = run_gate("marts", database=database, lake=tmp_path, quarantine=tmp_path, as_of=AS_OF)
    assert {result.status for result in results} == {"passed", "not_applicable"}
    passed = {result.check_id.rsplit(".", 1)[-1] for result in results if result.status == "passed"}
    assert passed == {"has_the_columns_of_its_contract", "has_the_types_of_its_contract"}


def test_an_emptied_ledger_is_not_excused_by_being_empty(change: Callable[[Iterable[str]], Path]) -> None:
    check = CHECKS["fct_minute_segment.no_second_of_an_entry_is_lost_or_doubled"]
    (result,) = run_checks([check], database=change(["delete from fct_minute_segment"]))
    assert (result.status, result.failed_rows, result.total_rows) == ("failed", 7, 0)
