"""The data tests are tested: each finds the fault that it is there for, and nothing in a sound warehouse.

Belongs here: one way to break each invariant, in a database that is thrown away. Does not belong here: what
holds a night back (``test_night_faults``).
"""

from collections.abc import Iterator
from datetime import date

import pytest

from orchestration.sample.clinic import write_sample
from tests.support.fixtures import warehouse
from tests.support.warehouse import Marts, Warehouse

__all__ = ["warehouse"]

AS_OF = date(2026, 11, 22)
LOST = "disposition = 'staff_overlap'"
ADDON = "claim_line_kind = 'addon'"
ONE_CREDITED = """
    (knowledge_id, entry_id, segment_number) in (
        select (knowledge_id, entry_id, segment_number) from int_segment
        where disposition = 'credited' and knowledge_id = 'current' order by all limit 1
    )
"""
FAULTS = {
    "assert_no_second_of_an_entry_is_lost": [
        f"delete from int_segment where {ONE_CREDITED}",
        f"update int_segment set ended_at = ended_at + interval 1 second where {ONE_CREDITED}",
        f"insert into int_segment from int_segment where {ONE_CREDITED}",
        "delete from int_entry where entry_id = (select min(entry_id) from int_segment)",
    ],
    "assert_no_second_is_credited_twice_to_a_staff_member": [
        f"update int_segment set disposition = 'credited' where {LOST}",
    ],
    "assert_no_second_is_credited_twice_to_a_patient": [
        "update int_segment set disposition = 'credited' where disposition = 'patient_overlap'",
    ],
    "assert_lost_time_is_covered_by_the_entry_that_claimed_it": [
        f"update int_segment set lost_to_entry_id = null where {LOST}",
        f"update int_segment set lost_to_entry_id = entry_id where {LOST}",
        f"update int_segment set lost_to_entry_id = 'nobody' where {ONE_CREDITED}",
        f"update int_segment set started_at = started_at - interval 1 day where {LOST}",
    ],
    "assert_months_are_the_sum_of_their_segments": [
        "update fct_patient_month set credited_seconds = credited_seconds + 1",
        "update fct_patient_month set credited_minutes = credited_minutes + 1 where credited_seconds > 0",
        "update fct_patient_month set voided_seconds = voided_seconds + 1",
        "update fct_patient_month set credited_nurse_seconds = credited_nurse_seconds + 1",
        "update fct_patient_month set credited_registry_seconds = credited_registry_seconds + 1",
        "delete from fct_patient_month where credited_seconds > 0",
    ],
    "assert_evidence_is_the_credited_time_of_the_month": [
        "delete from fct_claim_evidence where entry_id = (select min(entry_id) from fct_claim_evidence)",
        "update fct_claim_evidence set seconds = seconds + 1",
    ],
    "assert_ready_candidates_pass_every_check": [
        "delete from fct_claim_check where check_id = 'consent_on_file'",
        "update fct_claim_check set outcome = 'fail' where check_id = 'unit_limit'",
        "update fct_claim_check set outcome = 'unknown' where check_id = 'unit_limit'",
    ],
    "assert_an_add_on_shares_the_status_of_its_base": [
        f"update fct_claim_candidate set status = 'in_doubt' where {ADDON}",
        f"update fct_claim_candidate set review_check_ids = 'age_limit' where {ADDON}",
        f"update fct_claim_candidate set suppressed_by = candidate_id where {ADDON}",
        "delete from fct_claim_candidate where claim_line_kind = 'base'",
    ],
    "assert_every_candidate_has_a_policy_row": [
        "update fct_claim_candidate set policy_version = 'of_nobody'",
        "update fct_claim_candidate set policy_version = 'strict-example-1' where payer_id = 'medicare'",
        "delete from fct_claim_candidate where procedure_code is null",
    ],
    "assert_no_two_candidates_of_a_month_exclude_each_other": [
        "update fct_claim_candidate set suppressed_by = null",
    ],
    "assert_restated_candidates_really_changed": [
        "update rpt_restatement set after_code = before_code, after_units = before_units",
        "update rpt_restatement set cause = ''",
        "update rpt_restatement set changed_on = closed_on",
        "update rpt_restatement set after_units = after_units + 1",
    ],
    "assert_lists_of_the_macros_are_those_of_the_seeds": [
        "update disposition set disposition = 'renamed' where disposition = 'voided'",
        "update activity_type set activity_class = 'new' where activity_code = 'care_plan'",
        "delete from claim_check where check_id = 'age_limit'",
    ],
    "assert_members_add_up_to_their_value": [
        "delete from int_bhc_patient_year",
        "delete from int_cocm_patient_period where period_type = 'month'",
        "update int_cocm_patient_period set credited_minutes = credited_minutes + 1",
        "update fct_metric_value set denominator = denominator + 1 where metric_id = 'pcbh_penetration'",
        "delete from fct_metric_value where metric_id = 'cocm_billable_patients'",
    ],
    "assert_the_wide_tables_have_every_metric_of_their_entity": [
        "delete from metric_definition where metric_id = 'pcbh_penetration'",
        "update metric_definition set entity_types = 'team;payer' where metric_id = 'cocm_billable_rate'",
    ],
    "no_two_periods_overlap_int_patient_policy_period_knowledge_id__patient_id": [
        "update int_patient_policy_period set valid_until = valid_from",
        "insert into int_patient_policy_period from int_patient_policy_period",
    ],
    "unique_key_int_entry_knowledge_id__entry_id": ["insert into int_entry from int_entry"],
}


@pytest.fixture(scope="module")
def marts(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marts]:
    """A messy clinic's marts: every trap is in them, so every invariant has rows to hold for."""
    landing, work = tmp_path_factory.mktemp("landing"), tmp_path_factory.mktemp("work")
    write_sample(landing, patients=60, months=2, seed=5, as_of=AS_OF, messy=True)
    built = warehouse.build(landing, work, as_of=AS_OF)
    yield built
    built.close()


def test_a_sound_warehouse_fails_no_test(marts: Marts) -> None:
    assert marts.failing_tests() == {}


def test_every_test_of_its_own_is_tested_here(marts: Marts) -> None:
    assert {test.name for test in marts.tests if test.name.startswith("assert_")} <= set(FAULTS)


@pytest.mark.parametrize(
    ("test", "fault"), [(name, fault) for name, faults in FAULTS.items() for fault in faults]
)
def test_a_fault_is_found(marts: Marts, test: str, fault: str) -> None:
    marts.engine.execute("begin")
    try:
        changed = marts.engine.execute(fault).fetchone()
        assert changed and changed[0], "the fault changes nothing: the clinic lacks such a row"
        query = next(one.sql for one in marts.tests if one.name == test)
        assert marts.rows(f"select count(*) as found from ({query})")[0]["found"]
    finally:
        marts.engine.execute("rollback")
