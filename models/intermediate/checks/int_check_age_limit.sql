-- The patient is within the ages that the policy sets, on the date of service.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

patient as (
    select * from {{ ref('int_patient_known') }}
    where knowledge_id = 'current'
),

aged as (
    select
        claim_month.*,
        patient.birth_date,
        {{ age_in_years('patient.birth_date', 'claim_month.date_of_service') }} as age_years
    from claim_month
    left join patient
        on claim_month.patient_id = patient.patient_id
),

final as (
    select
        {{ check_row('age_limit', outcome_of('(claim_month.age_min_years is null and claim_month.age_max_years is null)
                or (
                    claim_month.age_years >= coalesce(claim_month.age_min_years, claim_month.age_years)
                    and claim_month.age_years <= coalesce(claim_month.age_max_years, claim_month.age_years)
                )'), "'patient'", 'null', 'claim_month.date_of_service') }}
    from aged as claim_month
)

select * from final
