-- A patient's month in a program as billing sees it now: its codes, its policy and what its checks ask for.
with month_chain as (
    select * from {{ ref('int_month_chain') }}
    where knowledge_id = 'current'
),

month_amount as (
    select * from {{ ref('int_month_amount') }}
    where knowledge_id = 'current'
),

policy as (
    select * from {{ ref('int_policy') }}
),

enrolment as (
    select * from {{ ref('int_enrolment_known') }}
    where knowledge_id = 'current'
),

final as (
    select
        month_chain.patient_id,
        month_chain.program,
        month_chain.service_month,
        month_chain.month_end_on,
        month_chain.date_of_service,
        month_chain.episode_id,
        enrolment.time_zone as episode_time_zone,
        month_chain.team_id,
        month_chain.care_manager_id,
        month_chain.billing_practitioner_id,
        month_chain.payer_id,
        month_chain.coverage_id,
        month_chain.policy_version,
        month_chain.month_type,
        month_chain.chain_started_on,
        month_chain.months_in_chain,
        month_chain.code_path,
        month_chain.credited_seconds,
        month_chain.credited_minutes,
        month_chain.uncredited_seconds,
        month_chain.contacts,
        month_chain.first_credited_at,
        month_chain.lowest_payer_id,
        month_chain.highest_payer_id,
        {{ as_of_date() }} >= month_chain.month_end_on as is_month_over,
        case
            when {{ as_of_date() }} >= month_chain.month_end_on then 0
            else cast({{ days_between(as_of_date(), 'month_chain.month_end_on') }} as integer)
        end as days_left,
        month_amount.base_code,
        month_amount.addon_code,
        month_amount.addon_units,
        month_amount.unbilled_minutes,
        month_amount.place_of_service,
        month_amount.base_amount_usd,
        month_amount.addon_amount_usd,
        month_amount.month_amount_usd,
        month_amount.minutes_to_next_tier,
        month_amount.next_procedure_code,
        month_amount.next_tier_amount_usd,
        policy.initiating_visit_days,
        policy.scale_max_age_days,
        policy.psychiatric_review_rule,
        policy.covered_codes,
        policy.review_units_99494 as review_addon_units,
        policy.max_months,
        policy.age_min_years,
        policy.age_max_years,
        policy.late_documentation_days,
        policy.filing_limit_days,
        policy.close_after_days,
        policy.review_checks
    from month_chain
    inner join month_amount
        on month_chain.patient_id = month_amount.patient_id
        and month_chain.program = month_amount.program
        and month_chain.service_month = month_amount.service_month
    inner join policy
        on month_chain.policy_version = policy.policy_version
    inner join enrolment
        on month_chain.episode_id = enrolment.episode_id
)

select * from final
