-- The patient has a primary coverage on the date of service.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

final as (
    select
        {{ check_row('coverage_in_force', outcome_of('claim_month.coverage_id is not null'),
            "'coverage'", 'claim_month.coverage_id', 'claim_month.date_of_service') }}
    from claim_month
)

select * from final
