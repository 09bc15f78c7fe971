-- A returned row is a candidate whose evidence does not add up to the credited seconds of its month: a claim would
-- rest on time that its ledger does not show, or show less than it rests on. Look first at the join of
-- fct_claim_evidence.
{{ config(severity='error', meta={'owner': 'data_engineering'}) }}

with candidate as (
    select * from {{ ref('fct_claim_candidate') }}
),

patient_month as (
    select * from {{ ref('fct_patient_month') }}
),

evidence as (
    select
        candidate_id,
        sum(seconds) as seconds
    from {{ ref('fct_claim_evidence') }}
    group by candidate_id
),

final as (
    select
        candidate.candidate_id,
        patient_month.credited_seconds,
        evidence.seconds
    from candidate
    left join patient_month
        on candidate.patient_id = patient_month.patient_id
        and candidate.program = patient_month.program
        and candidate.service_month = patient_month.service_month
    left join evidence
        on candidate.candidate_id = evidence.candidate_id
    where
        patient_month.patient_id is null
        or patient_month.credited_seconds <> coalesce(evidence.seconds, 0)
)

select * from final
