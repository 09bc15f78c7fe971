-- One payer was primary on every day with credited time and on the date of service.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

final as (
    select
        {{ check_row('single_payer_month', outcome_of("coalesce(claim_month.lowest_payer_id, claim_month.payer_id, '') = coalesce(claim_month.payer_id, '')
                and coalesce(claim_month.highest_payer_id, claim_month.payer_id, '') = coalesce(claim_month.payer_id, '')"),
            "'coverage'", 'claim_month.coverage_id', 'claim_month.date_of_service') }}
    from claim_month
)

select * from final
