-- What a policy pays for one unit of a code on a date, in each setting: rate times multiplier, not yet rounded.
with policy as (
    select * from {{ ref('int_policy') }}
),

fee_schedule as (
    select * from {{ ref('fee_schedule') }}
),

final as (
    select
        policy.policy_version,
        fee_schedule.procedure_code,
        fee_schedule.setting,
        fee_schedule.amount_usd * policy.rate_multiplier as unit_amount_usd,
        coalesce(fee_schedule.valid_from, {{ first_day() }}) as valid_from,
        {{ day_after('fee_schedule.valid_to') }} as valid_until
    from policy
    inner join fee_schedule
        on policy.fee_schedule_id = fee_schedule.fee_schedule_id
)

select * from final
