"""Claim candidates: each has a policy and its month's minutes, and a status that follows from its checks.

Belongs here: what candidates and checks owe to each other, to the months and to the rules.
Does not belong here: whether a payer's rule was applied rightly (the models' tests), evidence and reports
(``claim_reports``).
"""

from typing import Final

from expectations.check import KNOWN_PAYERS, Check, Drill, InSet, NoRows, must_hold

CANDIDATE: Final = "fct_claim_candidate"
CLAIMS: Final = (CANDIDATE, "fct_claim_check", "rpt_near_miss", "rpt_claim_reconciliation")
STATUSES: Final = ("not_billable", "submitted", "in_progress", "held", "review", "ready")

_WITHOUT_POLICY: Final = """
select candidate.candidate_id as row_key
from fct_claim_candidate as candidate
where not exists (
    select 1
    from payer_policy as policy
    where policy.policy_version = candidate.policy_version
        and (policy.payer_id = candidate.payer_id or policy.payer_id = 'default')
        and cast(policy.valid_from as date) <= candidate.date_of_service
        and coalesce(cast(policy.valid_to as date), candidate.date_of_service) >= candidate.date_of_service
)
"""

_WITHOUT_RATE: Final = """
select candidate_id as row_key, payer_id as cause
from fct_claim_candidate
where procedure_code is not null and expected_amount_usd is null
"""

_REPEATED_ID: Final = """
select candidate_id as row_key
from fct_claim_candidate
group by candidate_id
having count(*) > 1 or candidate_id is null
"""

_MONTH_DISAGREES: Final = """
select coalesce(candidate.patient_id, patient_month.patient_id) as row_key
from fct_claim_candidate as candidate
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
        string_agg(check_id, ';' order by check_id) filter (where severity = 'block') as blocking,
        string_agg(check_id, ';' order by check_id) filter (where severity = 'review') as reviewing,
        bool_or(check_id = 'not_already_billed') as is_sent
    from fct_claim_check
    where outcome = 'fail'
    group by candidate_id
)
select candidate.candidate_id as row_key
from fct_claim_candidate as candidate
left join failed on candidate.candidate_id = failed.candidate_id
where nullif(candidate.blocking_check_ids, '') is distinct from failed.blocking
    or nullif(candidate.review_check_ids, '') is distinct from failed.reviewing
    or (candidate.status = 'held' and failed.blocking is null)
    or (candidate.status in ('review', 'ready') and failed.blocking is not null)
    or (candidate.status = 'review' and failed.reviewing is null)
    or (candidate.status = 'not_billable')
        <> (candidate.procedure_code is null or candidate.suppressed_by is not null)
    or (
        candidate.status <> 'not_billable'
        and (candidate.status = 'submitted') <> coalesce(failed.is_sent, false)
    )
"""

# How many checks there are is what the rules list; that none stands twice is a check of its own.
_READY_FAILS: Final = """
with judged as (
    select
        candidate_id,
        count(*) as checks,
        count(*) filter (where coalesce(outcome, '') not in ('pass', 'not_applicable')) as failed
    from fct_claim_check
    group by candidate_id
)
select candidate.candidate_id as row_key
from fct_claim_candidate as candidate
left join judged on candidate.candidate_id = judged.candidate_id
where candidate.status = 'ready'
    and (
        judged.candidate_id is null
        or judged.failed > 0
        or judged.checks < (select count(distinct check_id) from claim_check)
    )
"""

_STATUS_IN_TIME: Final = """
select candidate.candidate_id as row_key
from fct_claim_candidate as candidate
inner join fct_patient_month as patient_month
    on candidate.patient_id = patient_month.patient_id
    and candidate.program = patient_month.program
    and candidate.service_month = patient_month.service_month
where (candidate.procedure_code is null and candidate.status <> 'not_billable')
    or (candidate.status in ('held', 'review', 'ready') and not patient_month.is_month_over)
    or (candidate.status = 'in_progress' and patient_month.is_month_over)
"""

_STATUS_NOT_SHARED: Final = """
select min(candidate_id) as row_key
from fct_claim_candidate
where procedure_code is not null
group by patient_id, program, service_month
having count(distinct status) > 1 or count(distinct coalesce(suppressed_by, '')) > 1
"""

_SUPPRESSED_BY_NOBODY: Final = """
select suppressed.candidate_id as row_key
from fct_claim_candidate as suppressed
left join fct_claim_candidate as kept on suppressed.suppressed_by = kept.candidate_id
where suppressed.suppressed_by is not null
    and (
        kept.candidate_id is null
        or kept.suppressed_by is not null
        or kept.procedure_code is null
        or suppressed.status <> 'not_billable'
        or kept.patient_id <> suppressed.patient_id
        or kept.service_month <> suppressed.service_month
        or kept.program = suppressed.program
    )
"""

_STRAY_CHECKS: Final = """
select judged.candidate_id as row_key
from fct_claim_check as judged
left join fct_claim_candidate as candidate on judged.candidate_id = candidate.candidate_id
where candidate.candidate_id is null
    or coalesce(judged.outcome, '') not in ('pass', 'fail', 'not_applicable')
    or coalesce(judged.severity, '') not in ('block', 'review')
"""


def checks() -> list[Check]:
    """Return the checks of candidates and of their checks."""
    return [*_candidates(), *_statuses()]


def _candidates() -> list[Check]:
    return [
        must_hold(
            CANDIDATE,
            "has_a_policy_row",
            NoRows(_WITHOUT_POLICY),
            means=(
                "A candidate rests on no policy row in force on its date of service: no payer "
                "rule is behind it."
            ),
            do=(
                "Look at seeds/payer_policy.csv for payer and date; the payer default has to "
                "cover every date."
            ),
            affected_marts=CLAIMS,
            key="candidate_id",
        ),
        must_hold(
            CANDIDATE,
            "candidate_id_names_one_row",
            NoRows(_REPEATED_ID),
            means=(
                "A candidate's id is missing or stands for two, so checks and evidence cannot be told apart."
            ),
            do="Look at what the id is made of in the model fct_claim_candidate.",
            affected_marts=CLAIMS,
            key="candidate_id",
        ),
        must_hold(
            CANDIDATE,
            "agrees_with_its_month",
            NoRows(_MONTH_DISAGREES),
            means=(
                "A candidate has other minutes or another type than its month, or one of the two is missing."
            ),
            do="Compare fct_claim_candidate with fct_patient_month for one such patient, program and month.",
            affected_marts=CLAIMS,
            subjects=(CANDIDATE, "fct_patient_month"),
            key="patient_id",
        ),
        Check(
            layer="marts",
            table_name=CANDIDATE,
            name="expected_amount_is_known",
            rule=NoRows(_WITHOUT_RATE),
            severity="info",
            owner="billing",
            what_it_means=(
                "Candidates with a code have no known rate: their amount is missing from every sum."
            ),
            what_to_do=(
                "Add fee_schedule_id in seeds/payer_policy.csv and the rates in seeds/fee_schedule.csv."
            ),
            affected_marts=CLAIMS,
            drill=Drill(_WITHOUT_RATE, key="candidate_id", cause="payer", names=KNOWN_PAYERS),
        ),
    ]


def _statuses() -> list[Check]:
    return [
        must_hold(
            CANDIDATE,
            "status_is_one_of_the_list",
            InSet("status", STATUSES),
            means="A candidate has a status that no list picks up, so nobody would work on it.",
            do="Look at how the status is decided before fct_claim_candidate.",
            affected_marts=CLAIMS,
        ),
        must_hold(
            CANDIDATE,
            "ready_candidates_pass_every_check",
            NoRows(_READY_FAILS),
            means="A claim is called ready although a check failed or was never made.",
            do="Compare fct_claim_check with the status of one such candidate; do not submit the list.",
            affected_marts=CLAIMS,
            key="candidate_id",
        ),
        must_hold(
            CANDIDATE,
            "status_follows_from_its_checks",
            NoRows(_STATUS_DISAGREES),
            means="A candidate's status or its list of failed checks is not what its checks say.",
            do="Compare fct_claim_check with blocking_check_ids and review_check_ids of one such candidate.",
            affected_marts=CLAIMS,
            key="candidate_id",
        ),
        must_hold(
            CANDIDATE,
            "status_follows_from_its_month",
            NoRows(_STATUS_IN_TIME),
            means=(
                "A claim of a month that is not over is called done, one of a past month open, or "
                "one has no code."
            ),
            do="Compare the candidate's status with is_month_over of its fct_patient_month.",
            affected_marts=CLAIMS,
            key="candidate_id",
        ),
        must_hold(
            CANDIDATE,
            "add_on_codes_share_the_status_of_their_base",
            NoRows(_STATUS_NOT_SHARED),
            means=(
                "An add-on code has another status than its base code: one would be billed without the other."
            ),
            do="Look at how the worse status is shared among the codes of a month.",
            affected_marts=CLAIMS,
            key="candidate_id",
        ),
        must_hold(
            CANDIDATE,
            "suppressed_candidates_name_the_one_that_was_kept",
            NoRows(_SUPPRESSED_BY_NOBODY),
            means=(
                "A candidate gives way to one that is not there or gave way itself: the month "
                "would not be billed."
            ),
            do="Look at the rule for exclusive pairs for one such patient and month.",
            affected_marts=CLAIMS,
            key="candidate_id",
        ),
        must_hold(
            "fct_claim_check",
            "belongs_to_a_candidate",
            NoRows(_STRAY_CHECKS),
            means="A check belongs to no candidate, or has an outcome or severity that nobody has defined.",
            do="Look at the last join of the model fct_claim_check.",
            affected_marts=CLAIMS,
            key="candidate_id",
        ),
    ]
