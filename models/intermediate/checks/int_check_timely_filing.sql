-- The claim can still be filed.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

final as (
    select
        {{ check_row('timely_filing', outcome_of(as_of_date() ~ ' <= ' ~ add_days('claim_month.date_of_service', 'claim_month.filing_limit_days')),
            "'policy'", 'claim_month.policy_version', add_days('claim_month.date_of_service', 'claim_month.filing_limit_days')) }}
    from claim_month
)

select * from final
