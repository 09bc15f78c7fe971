"""Evidence and reports on claims: each agrees with the candidates and months it was made from.

Belongs here: what evidence, near misses, reconciliation, restatements and the registry owe to what they show.
Does not belong here: the candidates themselves (``claims``).
"""

from typing import Final

from expectations.check import Check, NoRows, must_hold

EVIDENCE: Final = "fct_claim_evidence"
CANDIDATE: Final = "fct_claim_candidate"

_EVIDENCE_SUMS: Final = """
with evidence as (
    select candidate_id, sum(seconds) as seconds from fct_claim_evidence group by candidate_id
),
candidate as (
    select candidate.candidate_id, patient_month.credited_seconds
    from fct_claim_candidate as candidate
    left join fct_patient_month as patient_month
        on candidate.patient_id = patient_month.patient_id
        and candidate.program = patient_month.program
        and candidate.service_month = patient_month.service_month
)
select coalesce(candidate.candidate_id, evidence.candidate_id) as row_key
from candidate
full outer join evidence on candidate.candidate_id = evidence.candidate_id
where candidate.candidate_id is null
    or coalesce(evidence.seconds, 0) <> coalesce(candidate.credited_seconds, 0)
"""

_EVIDENCE_NOT_CREDITED: Final = """
select evidence.candidate_id as row_key
from fct_claim_evidence as evidence
left join fct_minute_segment as segment
    on evidence.entry_id = segment.entry_id
    and evidence.segment_number = segment.segment_number
where segment.disposition is distinct from 'credited' or segment.seconds is distinct from evidence.seconds
"""

_NEAR_MISS_DISAGREES: Final = """
select near_miss.patient_id as row_key
from rpt_near_miss as near_miss
left join fct_patient_month as patient_month
    on near_miss.patient_id = patient_month.patient_id
    and near_miss.program = patient_month.program
    and near_miss.service_month = patient_month.service_month
where patient_month.patient_id is null
    or patient_month.is_month_over
    or near_miss.credited_minutes is distinct from patient_month.credited_minutes
    or near_miss.minutes_needed is distinct from patient_month.minutes_to_next_tier
    or near_miss.days_left is distinct from patient_month.days_left
"""

# An amount is known only where the rate of every code of the month is.
_RECONCILIATION_DISAGREES: Final = """
with candidate as (
    select
        patient_id,
        program,
        service_month,
        case when count(*) = count(expected_amount_usd) then sum(expected_amount_usd) end as expected_usd,
        min(status) as status
    from fct_claim_candidate
    where procedure_code is not null and suppressed_by is null
    group by patient_id, program, service_month
)
select coalesce(reconciled.patient_id, candidate.patient_id) as row_key
from rpt_claim_reconciliation as reconciled
full outer join candidate
    on reconciled.patient_id = candidate.patient_id
    and reconciled.program = candidate.program
    and reconciled.service_month = candidate.service_month
where (candidate.patient_id is not null) <> (reconciled.candidate_codes is not null)
    or reconciled.expected_amount_usd is distinct from candidate.expected_usd
    or (reconciled.outcome = 'missed' and candidate.status is distinct from 'ready')
"""

_RESTATEMENT_DISAGREES: Final = """
select restated.candidate_id as row_key
from rpt_restatement as restated
left join fct_claim_candidate as candidate on restated.candidate_id = candidate.candidate_id
where restated.after_code is distinct from candidate.procedure_code
    or (restated.after_code is not null and restated.after_units is distinct from candidate.units)
    or (
        restated.before_code is not distinct from restated.after_code
        and restated.before_units is not distinct from restated.after_units
    )
"""

_REGISTRY_DISAGREES: Final = """
select coalesce(registry.episode_id, episode.episode_id) as row_key
from rpt_caseload_registry as registry
full outer join (select * from fct_episode where is_in_force) as episode
    on registry.episode_id = episode.episode_id
where registry.episode_id is null
    or episode.episode_id is null
    or registry.patient_id is distinct from episode.patient_id
    or registry.program is distinct from episode.program
"""


def checks() -> list[Check]:
    """Return the checks of evidence and reports."""
    return [
        must_hold(
            EVIDENCE,
            "adds_up_to_the_credited_seconds",
            NoRows(_EVIDENCE_SUMS),
            means=(
                "A candidate's evidence does not add up to its month's credited time: it could "
                "not be defended."
            ),
            do="Compare fct_claim_evidence with fct_patient_month for one such candidate.",
            affected_marts=(EVIDENCE, CANDIDATE),
            subjects=(EVIDENCE, CANDIDATE),
            key="candidate_id",
        ),
        must_hold(
            EVIDENCE,
            "is_made_of_credited_segments",
            NoRows(_EVIDENCE_NOT_CREDITED),
            means="A candidate shows time as evidence that was not credited, or that is not in the ledger.",
            do="Compare fct_claim_evidence with fct_minute_segment for one such segment.",
            affected_marts=(EVIDENCE, CANDIDATE),
            key="candidate_id",
        ),
        must_hold(
            "rpt_near_miss",
            "agrees_with_its_month",
            NoRows(_NEAR_MISS_DISAGREES),
            means=(
                "The near-miss list shows a month that is over, or other minutes than the month "
                "it was made from."
            ),
            do="Compare rpt_near_miss with fct_patient_month for one such patient, program and month.",
            affected_marts=("rpt_near_miss",),
            key="patient_id",
        ),
        must_hold(
            "rpt_claim_reconciliation",
            "agrees_with_the_candidates",
            NoRows(_RECONCILIATION_DISAGREES),
            means=(
                "The reconciliation leaves out a candidate, shows another amount, or calls missed "
                "what was not ready."
            ),
            do=(
                "Compare rpt_claim_reconciliation with fct_claim_candidate for one such patient, "
                "program and month."
            ),
            affected_marts=("rpt_claim_reconciliation",),
            subjects=("rpt_claim_reconciliation", CANDIDATE),
            key="patient_id",
        ),
        must_hold(
            "rpt_restatement",
            "ends_at_what_the_candidate_says_now",
            NoRows(_RESTATEMENT_DISAGREES),
            means=(
                "A restatement names another code or number of units than the candidate has, or "
                "no change at all."
            ),
            do="Compare rpt_restatement with fct_claim_candidate for one such candidate.",
            affected_marts=("rpt_restatement",),
            key="candidate_id",
        ),
        must_hold(
            "rpt_caseload_registry",
            "shows_each_episode_in_force_once",
            NoRows(_REGISTRY_DISAGREES),
            means=(
                "The registry leaves out somebody in the program, or shows an episode that is not in force."
            ),
            do="Compare rpt_caseload_registry with fct_episode, column is_in_force.",
            affected_marts=("rpt_caseload_registry",),
            subjects=("rpt_caseload_registry", "fct_episode"),
            key="episode_id",
        ),
    ]
