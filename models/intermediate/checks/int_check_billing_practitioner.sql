-- The month's episode names a primary care provider, on the team that day, with a valid NPI.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

practitioner as (
    select * from {{ ref('int_practitioner_known') }}
    where knowledge_id = 'current'
),

staffing as (
    select * from {{ ref('int_staffing_latest') }}
    where role = 'pcp'
),

found as (
    select
        {{ found_columns('staffing.team_id') }}
    from claim_month
    inner join staffing
        on claim_month.billing_practitioner_id = staffing.practitioner_id
        and claim_month.date_of_service >= staffing.valid_from
        and claim_month.date_of_service < staffing.valid_until
),

final as (
    select
        {{ check_row('billing_practitioner', outcome_of('found.patient_id is not null and ' ~ is_npi('practitioner.npi')),
            "'practitioner'", 'claim_month.billing_practitioner_id', 'claim_month.date_of_service') }}
    from claim_month
    left join practitioner
        on claim_month.billing_practitioner_id = practitioner.practitioner_id
    {{ join_found('found') }}
)

select * from final
