-- The units of the add-on are no more than the policy pays without a second look.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

final as (
    select
        {{ check_row('unit_limit', outcome_of('claim_month.review_addon_units is null
                or claim_month.addon_units <= claim_month.review_addon_units'),
            "'policy'", 'claim_month.policy_version', 'claim_month.date_of_service') }}
    from claim_month
)

select * from final
