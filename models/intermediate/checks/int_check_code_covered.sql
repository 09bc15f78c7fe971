-- The month's codes are among those that the policy covers.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

final as (
    select
        {{ check_row('code_covered', outcome_of(list_has('claim_month.covered_codes', 'claim_month.base_code') ~ '
                and (
                    claim_month.addon_code is null
                    or ' ~ list_has('claim_month.covered_codes', 'claim_month.addon_code') ~ '
                )', 'claim_month.base_code is null'),
            "'policy'", 'claim_month.policy_version', 'claim_month.date_of_service') }}
    from claim_month
)

select * from final
