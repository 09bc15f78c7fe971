"""Claim candidates: each has a policy, minutes, evidence and checks, and a status that follows from them.

Belongs here: what candidates, checks, evidence and the reports on them owe to each other and to the months.
Does not belong here: whether a payer's rule was applied rightly (the models' tests).
"""

from typing import Final

from expectations.check import Check, InSet, NoRows

OWNER: Final = "data_engineering"
CLAIMS: Final = (
    "fct_claim_candidate",
    "fct_claim_check",
    "fct_claim_evidence",
    "rpt_near_miss",
    "rpt_claim_reconciliation",
)
STATUSES: Final = ("not_billable", "submitted", "in_progress", "held", "review", "ready")

_WITHOUT_POLICY: Final = """
select 1
from {batch} as candidate
where not exists (
    select 1
    from payer_policy as policy
    where policy.policy_version = candidate.policy_version
        and (policy.payer_id = candidate.payer_id or policy.payer_id = 'default')
        and policy.valid_from <= candidate.date_of_service
        and (policy.valid_to is null or policy.valid_to >= candidate.date_of_service)
)
"""

_MONTH_DISAGREES: Final = """
select 1
from {batch} as candidate
full outer join fct_patient_month as patient_month
    on candidate.patient_id = patient_month.patient_id
    and candidate.program = patient_month.program
    and candidate.service_month = patient_month.service_month
where candidate.candidate_id is null
    or patient_month.patient_id is null
    or candidate.credited_minutes is distinct from patient_month.credited_minutes
    or candidate.month_type is distinct from patient_month.month_type
"""

_STATUS_DISAGREES: Final = """
with failed as (
    select
        candidate_id,
        coalesce(string_agg(check_id, ';' order by check_id) filter (where severity = 'block'), '') as
        blocking, coalesce(string_agg(check_id, ';' order by check_id) filter (where severity = 'review'),
        '') as reviewing
    from fct_claim_check
    where outcome = 'fail'
    group by candidate_id
)
select 1
from {batch} as candidate
left join failed on candidate.candidate_id = failed.candidate_id
where coalesce(candidate.blocking_check_ids, '') <> coalesce(failed.blocking, '')
    or coalesce(candidate.review_check_ids, '') <> coalesce(failed.reviewing, '')
    or (candidate.status = 'held' and failed.blocking is not distinct from '')
    or (candidate.status = 'held' and failed.candidate_id is null)
    or (candidate.status in ('review', 'ready') and coalesce(failed.blocking, '') <> '')
    or (candidate.status = 'review' and coalesce(failed.reviewing, '') = '')
"""

# How many checks there are is seen from the list of checks that the rules hold.
_READY_FAILS: Final = """
with judged as (
    select
        candidate_id,
        count(distinct check_id) as checks,
        count(*) filter (where outcome not in ('pass', 'not_applicable') or outcome is null) as failed
    from fct_claim_check
    group by candidate_id
)
select 1
from {batch} as candidate
left join judged on candidate.candidate_id = judged.candidate_id
where candidate.status = 'ready'
    and (
        judged.candidate_id is null
        or judged.failed > 0
        or judged.checks < (select count(distinct check_id) from claim_check)
    )
"""

_EVIDENCE_DISAGREES: Final = """
with evidence as (
    select candidate_id, sum(seconds) as seconds from {batch} group by candidate_id
)
select 1
from fct_claim_candidate as candidate
inner join fct_patient_month as patient_month
    on candidate.patient_id = patient_month.patient_id
    and candidate.program = patient_month.program
    and candidate.service_month = patient_month.service_month
full outer join evidence on candidate.candidate_id = evidence.candidate_id
where candidate.candidate_id is null
    or coalesce(evidence.seconds, 0) <> coalesce(patient_month.credited_seconds, 0)
"""

_EVIDENCE_NOT_CREDITED: Final = """
select 1
from {batch} as evidence
left join fct_minute_segment as segment
    on evidence.entry_id = segment.entry_id and evidence.segment_number = segment.segment_number
where segment.disposition is distinct from 'credited' or segment.seconds is distinct from evidence.seconds
"""

_SHARED_STATUS: Final = """
select patient_id, program, service_month
from {batch}
where procedure_code is not null
group by patient_id, program, service_month
having count(distinct status) > 1
"""


def checks() -> list[Check]:
    """Return the checks of candidates, their checks, their evidence and the reports on them."""
    return [*_candidates(), *_statuses(), *_evidence(), *_reports()]


def _critical(table_name: str, name: str, rule: NoRows | InSet, means: str, do: str, *subjects: str) -> Check:
    return Check(
        layer="marts",
        table_name=table_name,
        name=name,
        rule=rule,
        severity="critical",
        owner=OWNER,
        what_it_means=means,
        what_to_do=do,
        affected_marts=CLAIMS,
        subjects=subjects,
    )


def _candidates() -> list[Check]:
    return [
        _critical(
            "fct_claim_candidate",
            "has_a_policy_row",
            NoRows(_WITHOUT_POLICY),
            (
                "A candidate rests on no policy row in force on its date of service, so no payer "
                "rule stands behind it."
            ),
            (
                "Look at seeds/payer_policy.csv for the payer and the date; the row default has "
                "to cover every date."
            ),
        ),
        _critical(
            "fct_claim_candidate",
            "candidate_id_names_one_row",
            NoRows(
                "select candidate_id from {batch} group by candidate_id "
                "having count(*) > 1 or candidate_id is null"
            ),
            (
                "A candidate's id is missing or stands for two candidates, so checks and evidence "
                "cannot be told apart."
            ),
            "Look at what the id is made of in the model fct_claim_candidate.",
        ),
        _critical(
            "fct_claim_candidate",
            "agrees_with_its_month",
            NoRows(_MONTH_DISAGREES),
            (
                "A candidate has other minutes or another month type than the month it was made "
                "from, or one of the two is missing."
            ),
            "Compare fct_claim_candidate with fct_patient_month for one such patient, program and month.",
            "fct_claim_candidate",
            "fct_patient_month",
        ),
        Check(
            layer="marts",
            table_name="fct_claim_candidate",
            name="expected_amount_is_known",
            rule=NoRows(
                "select 1 from {batch} where procedure_code is not null and expected_amount_usd is null"
            ),
            severity="info",
            owner="billing",
            what_it_means=(
                "Candidates with a code have no known rate; their amount is blank and missing from every sum."
            ),
            what_to_do=(
                "Add the payer's fee_schedule_id in seeds/payer_policy.csv and its rates in "
                "seeds/fee_schedule.csv."
            ),
            affected_marts=CLAIMS,
        ),
    ]


def _statuses() -> list[Check]:
    return [
        _critical(
            "fct_claim_candidate",
            "status_is_one_of_the_list",
            InSet("status", STATUSES),
            "A candidate has a status that no list picks up, so nobody would work on it.",
            "Look at how the model fct_claim_candidate decides the status.",
        ),
        _critical(
            "fct_claim_candidate",
            "ready_candidates_pass_every_check",
            NoRows(_READY_FAILS),
            "A claim is called ready although a check failed or was never made.",
            (
                "Compare fct_claim_check with the candidate's status for one such candidate; do "
                "not submit the list."
            ),
        ),
        _critical(
            "fct_claim_candidate",
            "status_follows_from_its_checks",
            NoRows(_STATUS_DISAGREES),
            "A candidate's status or its list of failed checks is not what its checks say.",
            "Compare fct_claim_check with blocking_check_ids and review_check_ids of one such candidate.",
        ),
        _critical(
            "fct_claim_candidate",
            "add_on_codes_share_the_status_of_their_base",
            NoRows(_SHARED_STATUS),
            (
                "An add-on code has another status than the base code it belongs to, so one would "
                "be billed without the other."
            ),
            "Look at how the model fct_claim_candidate shares the worse status among the codes of a month.",
        ),
        _critical(
            "fct_claim_candidate",
            "suppressed_candidates_name_the_one_that_was_kept",
            NoRows(
                "select 1 from {batch} as suppressed "
                "left join fct_claim_candidate as kept on suppressed.suppressed_by = kept.candidate_id "
                "where suppressed.suppressed_by is not null and (kept.candidate_id is null "
                "or kept.suppressed_by is not null or suppressed.status <> 'not_billable' "
                "or kept.patient_id <> suppressed.patient_id or kept.service_month <> "
                "suppressed.service_month)"
            ),
            (
                "A candidate gives way to one that does not exist, or that itself gave way: the "
                "month would not be billed at all."
            ),
            "Look at the rule for exclusive pairs for one such patient and month.",
        ),
        _critical(
            "fct_claim_check",
            "belongs_to_a_candidate",
            NoRows(
                "select 1 from {batch} as claim_check "
                "left join fct_claim_candidate as candidate on claim_check.candidate_id = "
                "candidate.candidate_id "
                "where candidate.candidate_id is null or claim_check.outcome is null or "
                "claim_check.severity is null "
                "or claim_check.outcome not in ('pass', 'fail', 'not_applicable') "
                "or claim_check.severity not in ('block', 'review')"
            ),
            (
                "A check was made of a candidate that is not there, or has an outcome or severity "
                "that nobody has defined."
            ),
            "Look at the last join of the model fct_claim_check.",
        ),
    ]


def _evidence() -> list[Check]:
    return [
        _critical(
            "fct_claim_evidence",
            "adds_up_to_the_credited_seconds",
            NoRows(_EVIDENCE_DISAGREES),
            (
                "The evidence of a candidate does not add up to the credited time of its month: "
                "the claim could not be defended."
            ),
            "Compare fct_claim_evidence with fct_patient_month for one such candidate.",
            "fct_claim_evidence",
            "fct_claim_candidate",
        ),
        _critical(
            "fct_claim_evidence",
            "is_made_of_credited_segments",
            NoRows(_EVIDENCE_NOT_CREDITED),
            "A candidate shows time as evidence that was not credited, or that is not in the ledger.",
            "Compare fct_claim_evidence with fct_minute_segment for one such segment.",
        ),
    ]


def _reports() -> list[Check]:
    return [
        _critical(
            "rpt_near_miss",
            "agrees_with_its_month",
            NoRows(
                "select 1 from {batch} as near_miss left join fct_patient_month as patient_month "
                "on near_miss.patient_id = patient_month.patient_id and near_miss.program = "
                "patient_month.program "
                "and near_miss.service_month = patient_month.service_month "
                "where patient_month.patient_id is null or patient_month.is_month_over "
                "or near_miss.credited_minutes is distinct from patient_month.credited_minutes "
                "or near_miss.minutes_needed is distinct from patient_month.minutes_to_next_tier "
                "or near_miss.days_left is distinct from patient_month.days_left"
            ),
            "The near-miss list shows a closed month, or other minutes than the month it was made from.",
            "Compare rpt_near_miss with fct_patient_month for one such patient, program and month.",
        ),
    ]
