-- The chain has no more months with credited time than the policy pays without asking.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

final as (
    select
        {{ check_row('prior_authorization', outcome_of('claim_month.months_in_chain <= claim_month.max_months',
            'claim_month.max_months is null or claim_month.credited_seconds = 0'),
            "'policy'", 'claim_month.policy_version', 'claim_month.chain_started_on') }}
    from claim_month
)

select * from final
