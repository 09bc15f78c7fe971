with claim_month as (
    select * from {{ ref('int_claim_month') }}
    where
        not is_month_over
        and minutes_to_next_tier is not null
),

month_standing as (
    select * from {{ ref('int_month_standing') }}
),

final as (
    select
        claim_month.patient_id,
        claim_month.program,
        claim_month.service_month,
        claim_month.care_manager_id,
        claim_month.credited_minutes,
        claim_month.next_procedure_code,
        claim_month.minutes_to_next_tier as minutes_needed,
        cast(claim_month.next_tier_amount_usd as decimal(18, 2)) as amount_at_stake_usd,
        claim_month.days_left,
        case
            when month_standing.blocking_check_ids is null then month_standing.review_check_ids
            when month_standing.review_check_ids is null then month_standing.blocking_check_ids
            else month_standing.blocking_check_ids || ';' || month_standing.review_check_ids
        end as failing_check_ids,
        claim_month.team_id,
        claim_month.payer_id
    from claim_month
    inner join month_standing
        on claim_month.patient_id = month_standing.patient_id
        and claim_month.program = month_standing.program
        and claim_month.service_month = month_standing.service_month
)

select * from final
