"""What each check of the marts is for: the smallest changes of a sound warehouse that break it.

Belongs here: statements against the warehouse of ``quality_warehouse``. Does not belong here: running them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

# An earlier delivery of the time entries, a later one without files, and a later one of another feed.
OTHER_DELIVERIES: Final = (
    "insert into dq_feed_delivery "
    "(feed, delivery_on, files, rows_read, expected_rows_low, expected_rows_high) values "
    "('care_activity', date '2026-04-01', 1, 700, 500, 2000), "
    "('care_activity', date '2026-04-20', 0, 0, null, null), ('patient', date '2026-04-21', 1, 9, 5, 20)"
)

FAULTS: Final[Mapping[str, Sequence[str]]] = {
    "fct_minute_segment.no_second_of_an_entry_is_lost_or_doubled": (
        "delete from fct_minute_segment where entry_id = 'e5'",
        "delete from fct_minute_segment where entry_id = 'e3' and segment_number = 2",
        "insert into fct_minute_segment select * from fct_minute_segment where entry_id = 'e4'",
        "delete from int_entry where entry_id = 'e4' and knowledge_id = 'current'",
    ),
    "fct_minute_segment.segments_of_an_entry_leave_no_gap": (
        "update fct_minute_segment set started_at = started_at + interval 1 second, ended_at = "
        "ended_at + interval 1 second where entry_id = 'e3' and segment_number = 2",
    ),
    "fct_minute_segment.seconds_are_the_length_of_the_segment": (
        "update fct_minute_segment set seconds = seconds + 1 where entry_id = 'e5'",
        "update fct_minute_segment set seconds = 0, ended_at = started_at where entry_id = 'e5'",
    ),
    "fct_minute_segment.no_second_of_a_staff_member_is_credited_twice": (
        "update fct_minute_segment set started_at = timestamp '2026-03-02 10:44:59', ended_at = "
        "timestamp '2026-03-02 11:34:59' where entry_id = 'e2'",
        "update fct_minute_segment set started_at = timestamp '2026-03-02 11:10:00', ended_at = "
        "timestamp '2026-03-02 11:30:00' where entry_id = 'e4'",
    ),
    "fct_minute_segment.no_second_of_a_patient_is_credited_twice": (
        "update fct_minute_segment set disposition = 'credited' where entry_id = 'e3'",
        "update fct_minute_segment set disposition = 'credited', rule_version = null where entry_id = 'e3'",
        # A short segment counted besides another, between a long one and one that is not so counted.
        "update payer_policy set counts_concurrent_staff = true where policy_version = 'default-1'; "
        "update fct_minute_segment set patient_id = 'p1', staff_id = 's5', rule_version = 'default-1', "
        "started_at = timestamp '2026-03-02 10:05:00', ended_at = timestamp '2026-03-02 10:06:00' "
        "where entry_id = 'e4'; "
        "update fct_minute_segment set staff_id = 's6', "
        "started_at = timestamp '2026-03-02 10:20:00', ended_at = timestamp '2026-03-02 10:21:00' "
        "where entry_id = 'e6'",
    ),
    "fct_minute_segment.disposition_is_one_of_the_list": (
        "update fct_minute_segment set disposition = 'lost' where entry_id = 'e5'",
    ),
    "fct_minute_segment.credited_time_has_person_episode_and_rule": (
        "update fct_minute_segment set patient_id = null where entry_id = 'e1'",
        "update fct_minute_segment set staff_id = null where entry_id = 'e1'",
        "update fct_minute_segment set episode_id = null where entry_id = 'e1'",
        "update fct_minute_segment set program = null where entry_id = 'e1'",
        "update fct_minute_segment set rule_version = null where entry_id = 'e1'",
        "update fct_minute_segment set disposition = null where entry_id = 'e1'",
        "update fct_minute_segment set rule_version = 'medicare-1999' where entry_id = 'e1'",
    ),
    "fct_minute_segment.lost_time_names_the_entry_it_was_lost_to": (
        "update fct_minute_segment set lost_to_entry_id = null where entry_id = 'e3'",
        "update fct_minute_segment set lost_to_entry_id = 'e3' where disposition = 'patient_overlap'",
    ),
    "fct_patient_month.seconds_are_the_sum_of_the_segments": (
        "update fct_patient_month set credited_seconds = credited_seconds + 1 where patient_id = 'p2'",
        "update fct_patient_month set uncredited_seconds = 0 where patient_id = 'p1'",
        "delete from fct_patient_month where patient_id = 'p2'",
        "delete from fct_minute_segment where entry_id = 'e4'",
        "update fct_patient_month set uncredited_seconds = 5 where patient_id = 'p4'",
    ),
    "fct_patient_month.minutes_are_the_whole_minutes_of_the_sum": (
        "update fct_patient_month set credited_minutes = null where patient_id = 'p2'",
        "update fct_patient_month set credited_seconds = 5999 where credited_seconds = 6000",
    ),
    "fct_patient_month.month_type_says_whether_time_was_credited": (
        "update fct_patient_month set month_type = 'initial' where patient_id = 'p4'",
        "update fct_patient_month set month_type = null where patient_id = 'p2'",
    ),
    "fct_claim_candidate.has_a_policy_row": (
        "update fct_claim_candidate set policy_version = null where candidate_id = 'c3'",
        "update payer_policy set valid_to = date '2026-03-30' where payer_id = 'medicare'",
        "update payer_policy set valid_from = date '2026-04-01' where payer_id = 'default'",
        "update fct_claim_candidate set payer_id = 'acme' where candidate_id = 'c1'",
    ),
    "fct_claim_candidate.candidate_id_names_one_row": ("update fct_claim_candidate set candidate_id = 'c1'",),
    "fct_claim_candidate.agrees_with_its_month": (
        "update fct_claim_candidate set credited_minutes = 99 where candidate_id = 'c2'",
        "update fct_claim_candidate set month_type = 'subsequent'",
        "delete from fct_claim_candidate where candidate_id = 'c5'",
        "delete from fct_patient_month where patient_id = 'p4'",
        "update fct_claim_candidate set credited_minutes = null where candidate_id = 'c2'",
        "update fct_claim_candidate set month_type = null where candidate_id = 'c1'",
    ),
    "fct_claim_candidate.expected_amount_is_known": (
        "update fct_claim_candidate set expected_amount_usd = null",
    ),
    "fct_claim_candidate.status_is_one_of_the_list": (
        "update fct_claim_candidate set status = 'done' where candidate_id = 'c3'",
    ),
    "fct_claim_candidate.ready_candidates_pass_every_check": (
        "update fct_claim_check set outcome = 'fail', severity = 'review' where candidate_id = 'c2' "
        "and check_id = 'unit_limit'",
        "delete from fct_claim_check where candidate_id = 'c1' and check_id = 'consent_on_file'",
        "delete from fct_claim_check where candidate_id = 'c1'",
        "update fct_claim_check set outcome = null where candidate_id = 'c1' and check_id = 'unit_limit'",
    ),
    "fct_claim_candidate.status_follows_from_its_checks": (
        "update fct_claim_candidate set blocking_check_ids = null where candidate_id = 'c3'",
        "update fct_claim_candidate set review_check_ids = null where candidate_id = 'c3'",
        "update fct_claim_candidate set status = 'review' where candidate_id = 'c3'",
        "update fct_claim_candidate set status = 'held' where candidate_id = 'c1'",
        "update fct_claim_candidate set status = 'review' where candidate_id = 'c1'",
        "update fct_claim_candidate set status = 'not_billable' where candidate_id = 'c1'",
        "update fct_claim_candidate set status = 'ready' where candidate_id = 'c4'",
        "update fct_claim_candidate set status = 'submitted' where candidate_id = 'c1'",
        "update fct_claim_check set outcome = 'fail' where candidate_id = 'c3' and "
        "check_id = 'not_already_billed'; update fct_claim_candidate set blocking_check_ids = "
        "'not_already_billed;validated_scale' where candidate_id = 'c3'",
    ),
    "fct_claim_candidate.status_follows_from_its_month": (
        "update fct_claim_candidate set status = 'ready' where candidate_id = 'c5'",
        "update fct_patient_month set is_month_over = false",
        "update fct_claim_candidate set status = 'in_progress' where candidate_id = 'c1'",
    ),
    "fct_claim_candidate.add_on_codes_share_the_status_of_their_base": (
        "update fct_claim_candidate set status = 'review' where candidate_id = 'c2'",
        "update fct_claim_candidate set suppressed_by = 'c4' where candidate_id = 'c2'",
    ),
    "fct_claim_candidate.suppressed_candidates_name_the_one_that_was_kept": (
        "update fct_claim_candidate set suppressed_by = 'c9' where candidate_id = 'c4'",
        "update fct_claim_candidate set suppressed_by = 'c3' where candidate_id = 'c4'",
        "update fct_claim_candidate set status = 'ready' where candidate_id = 'c4'",
        "update fct_claim_candidate set status = 'not_billable', suppressed_by = 'c4' "
        "where candidate_id in ('c1', 'c2')",
        "update fct_claim_candidate set procedure_code = null where candidate_id = 'c1'",
        "update fct_claim_candidate set program = 'bhi' where candidate_id = 'c1'",
        "update fct_claim_candidate set service_month = date '2026-04-01' where candidate_id = 'c1'",
        "update fct_claim_candidate set patient_id = 'p2' where candidate_id = 'c1'",
    ),
    "fct_claim_check.belongs_to_a_candidate": (
        "delete from fct_claim_candidate where candidate_id = 'c3'",
        "update fct_claim_check set outcome = null where candidate_id = 'c3'",
        "update fct_claim_check set severity = 'warn' where candidate_id = 'c3'",
    ),
    "fct_claim_evidence.adds_up_to_the_credited_seconds": (
        "delete from fct_claim_evidence where candidate_id = 'c3'",
        "update fct_claim_evidence set candidate_id = 'c9' where candidate_id = 'c3'",
        "delete from fct_patient_month where patient_id = 'p2'",
    ),
    "fct_claim_evidence.is_made_of_credited_segments": (
        "update fct_minute_segment set disposition = 'voided' where entry_id = 'e4'",
        "delete from fct_minute_segment where entry_id = 'e4'",
        "update fct_minute_segment set disposition = null where entry_id = 'e4'",
        "update fct_minute_segment set seconds = null where entry_id = 'e4'",
    ),
    "rpt_near_miss.agrees_with_its_month": (
        "update rpt_near_miss set credited_minutes = 11",
        "update rpt_near_miss set minutes_needed = 19",
        "update fct_patient_month set is_month_over = true",
        "update rpt_near_miss set days_left = 14",
        "update rpt_near_miss set credited_minutes = null",
        "update rpt_near_miss set minutes_needed = null",
        "update rpt_near_miss set days_left = null",
        "update rpt_near_miss set program = 'bhi'",
        "delete from fct_patient_month where service_month = date '2026-04-01'",
    ),
    "rpt_claim_reconciliation.agrees_with_the_candidates": (
        "delete from rpt_claim_reconciliation where patient_id = 'p1'",
        "update rpt_claim_reconciliation set expected_amount_usd = 199",
        "update rpt_claim_reconciliation set outcome = 'missed'",
        "update rpt_claim_reconciliation set program = 'bhi' where patient_id = 'p1'",
    ),
    "rpt_restatement.ends_at_what_the_candidate_says_now": (
        "update rpt_restatement set after_code = '99493'",
        "update rpt_restatement set before_code = '99492'",
        "update rpt_restatement set after_units = 2",
        "update rpt_restatement set after_units = null",
        "update rpt_restatement set before_code = null, before_units = null, after_code = null, "
        "after_units = null; update fct_claim_candidate set procedure_code = null where candidate_id = 'c1'",
    ),
    "rpt_caseload_registry.shows_each_episode_in_force_once": (
        "delete from rpt_caseload_registry where patient_id = 'p2'",
        "update fct_episode set is_in_force = false",
        "insert into rpt_caseload_registry (episode_id, patient_id, program) values ('p2-old', 'p2', 'bhi')",
        "update rpt_caseload_registry set patient_id = 'p9' where episode_id = 'p2-bhi'",
        "update rpt_caseload_registry set patient_id = null where episode_id = 'p2-bhi'",
        "update rpt_caseload_registry set program = 'cocm' where episode_id = 'p2-bhi'",
        "update rpt_caseload_registry set program = null where episode_id = 'p2-bhi'",
    ),
    "dim_practitioner.npi_is_valid": (
        "update dim_practitioner set is_npi_valid = null where practitioner_id = 's1'",
    ),
    "fct_minute_segment.time_belongs_to_known_people": (
        "update fct_minute_segment set disposition = 'unknown_patient'",
    ),
    "dq_quarantine.few_time_entries_are_refused": (
        "update dq_quarantine set resolved_on = null",
        f"update dq_quarantine set resolved_on = null; {OTHER_DELIVERIES}",
    ),
    "dq_feed_delivery.newest_deliveries_have_the_usual_size": (
        "update dq_feed_delivery set rows_read = 499",
        "update dq_feed_delivery set rows_read = 2001",
        f"update dq_feed_delivery set rows_read = 499; {OTHER_DELIVERIES}",
    ),
}

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
    "dq_feed_delivery.newest_deliveries_have_the_usual_size",
}

# e5 was worked by somebody unknown: one segment of eight, far more than the tolerated share.
ALWAYS_FOUND = {"fct_minute_segment.time_belongs_to_known_people"}

# What looks like a fault and is none.
HARMLESS: Final[Mapping[str, Sequence[str]]] = {
    "fct_minute_segment.no_second_of_a_staff_member_is_credited_twice": (
        "update fct_minute_segment set started_at = timestamp '2026-03-02 10:45:00', ended_at = "
        "timestamp '2026-03-02 11:35:00' where entry_id = 'e2'",
    ),
    "fct_minute_segment.no_second_of_a_patient_is_credited_twice": (
        "update fct_minute_segment set disposition = 'credited' where entry_id = 'e3'; update "
        "payer_policy set counts_concurrent_staff = true where policy_version = 'medicare-2026-01'",
    ),
    "fct_patient_month.seconds_are_the_sum_of_the_segments": (
        "update fct_minute_segment set disposition = 'future_dated', service_month = date '2027-01-01' "
        "where entry_id = 'e4'; delete from fct_patient_month where patient_id = 'p2'",
    ),
    "fct_patient_month.minutes_are_the_whole_minutes_of_the_sum": (
        "update fct_patient_month set credited_seconds = 6059 where credited_seconds = 6000",
    ),
    "fct_claim_candidate.has_a_policy_row": (
        "update payer_policy set valid_to = date '2026-04-30' where policy_version = 'medicare-2026-01'",
        "update payer_policy set valid_from = date '2026-03-31' where policy_version = 'medicare-2026-01'",
    ),
    "fct_claim_candidate.ready_candidates_pass_every_check": (
        "update fct_claim_check set outcome = 'not_applicable' where candidate_id = 'c1'",
        "insert into claim_check select * from claim_check",
    ),
    "rpt_claim_reconciliation.agrees_with_the_candidates": (
        "update fct_claim_candidate set status = 'held' where candidate_id = 'c9'",
    ),
    "dq_feed_delivery.newest_deliveries_have_the_usual_size": (
        "update dq_feed_delivery set rows_read = 500",
        "update dq_feed_delivery set rows_read = 2000",
    ),
    "dq_quarantine.few_time_entries_are_refused": (
        "update dq_quarantine set resolved_on = null, row_number = 0",
    ),
    "fct_claim_candidate.status_follows_from_its_month": (
        "update fct_patient_month set is_month_over = false where patient_id = 'p4'",
        "update fct_patient_month set is_month_over = false where patient_id = 'p1' and program = 'bhi'",
    ),
    "fct_claim_candidate.status_follows_from_its_checks": (
        "update fct_claim_check set outcome = 'fail' where candidate_id = 'c3' and "
        "check_id = 'not_already_billed'; update fct_claim_candidate set status = 'submitted', "
        "blocking_check_ids = 'not_already_billed;validated_scale' where candidate_id = 'c3'",
    ),
    "rpt_restatement.ends_at_what_the_candidate_says_now": (
        "update rpt_restatement set before_code = '99492', before_units = 2",
        "update rpt_restatement set after_code = null, after_units = null; "
        "update fct_claim_candidate set procedure_code = null, units = 0 where candidate_id = 'c1'",
    ),
}
