-- A diagnosis that the policy accepts was there on the date of service.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

condition_row as (
    select * from {{ ref('int_condition_latest') }}
    where
        icd10_code is not null
        and coalesce(verification_status, '') not in ('refuted', 'entered-in-error')
        and (
            abated_on is not null
            or coalesce(clinical_status, '') not in ('inactive', 'remission', 'resolved')
        )
),

policy_diagnosis as (
    select * from {{ ref('int_policy_diagnosis') }}
),

accepted as (
    select
        condition_row.*,
        policy_diagnosis.policy_version,
        coalesce(condition_row.onset_on, condition_row.recorded_on, {{ first_day() }}) as began_on
    from condition_row
    inner join policy_diagnosis
        on substring(condition_row.icd10_code, 1, length(policy_diagnosis.first_code)) >= policy_diagnosis.first_code
        and substring(condition_row.icd10_code, 1, length(policy_diagnosis.last_code)) <= policy_diagnosis.last_code
),

found as (
    select
        {{ found_columns('accepted.began_on desc, accepted.condition_id') }},
        accepted.condition_id,
        accepted.began_on
    from claim_month
    inner join accepted
        on claim_month.patient_id = accepted.patient_id
        and claim_month.policy_version = accepted.policy_version
        and accepted.began_on <= claim_month.date_of_service
        and (accepted.abated_on is null or accepted.abated_on > claim_month.date_of_service)
),

final as (
    select
        {{ check_row('eligible_diagnosis', outcome_of('found.condition_id is not null'),
            "'condition'", 'found.condition_id', 'nullif(found.began_on, ' ~ first_day() ~ ')') }}
    from claim_month
    {{ join_found('found') }}
)

select * from final
