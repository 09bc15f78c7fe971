-- A returned row is a patient's month without a candidate, or a candidate whose policy is not one of its payer's in
-- force on the date of service, nor the default where the payer has none. Look first at seeds/payer_policy.csv for
-- payer and date: a month of a patient whom no policy covers is lost in int_patient_month.
{{ config(severity='error', meta={'owner': 'billing'}) }}

with month_enrolment as (
    select * from {{ ref('int_month_enrolment') }}
    where knowledge_id = 'current'
),

candidate as (
    select * from {{ ref('fct_claim_candidate') }}
    where claim_line_kind = 'base'
),

policy as (
    select * from {{ ref('int_policy') }}
),

own_policy as (
    select
        candidate.candidate_id,
        policy.policy_version
    from candidate
    inner join policy
        on candidate.payer_id = policy.payer_id
        and candidate.date_of_service >= policy.in_force_from
        and candidate.date_of_service < policy.in_force_until
),

default_policy as (
    select
        candidate.candidate_id,
        policy.policy_version
    from candidate
    inner join policy
        on policy.payer_id = 'default'
        and candidate.date_of_service >= policy.in_force_from
        and candidate.date_of_service < policy.in_force_until
),

final as (
    select
        month_enrolment.patient_id,
        month_enrolment.program,
        month_enrolment.service_month,
        candidate.policy_version
    from month_enrolment
    left join candidate
        on month_enrolment.patient_id = candidate.patient_id
        and month_enrolment.program = candidate.program
        and month_enrolment.service_month = candidate.service_month
    left join own_policy
        on candidate.candidate_id = own_policy.candidate_id
    left join default_policy
        on candidate.candidate_id = default_policy.candidate_id
    where
        candidate.candidate_id is null
        or candidate.policy_version <> coalesce(own_policy.policy_version, default_policy.policy_version, '')
)

select * from final
