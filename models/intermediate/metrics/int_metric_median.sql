-- The median of the days from referral to first contact, beside their mean.
with referral as (
    select * from {{ ref('int_cocm_referral') }}
),

period_day as (
    select * from {{ ref('int_period_day') }}
    where period_type in {{ cocm_period_types() }}
),

ranked as (
    select
        referral.team_id,
        period_day.period_type,
        period_day.period_start_on,
        referral.days_to_contact,
        row_number() over (
            partition by referral.team_id, period_day.period_type, period_day.period_start_on
            order by referral.days_to_contact asc, referral.referral_id asc
        ) as days_rank,
        count(*) over (partition by referral.team_id, period_day.period_type, period_day.period_start_on) as referrals
    from referral
    inner join period_day
        on referral.contact_on = period_day.day_on
),

final as (
    select
        'cocm_days_referral_to_contact' as metric_id,
        'team' as entity_type,
        team_id as entity_id,
        period_type,
        period_start_on,
        avg(cast(days_to_contact as double)) as median_value
    from ranked
    where
        days_rank * 2 >= referrals
        and days_rank * 2 <= referrals + 2
    group by team_id, period_type, period_start_on
)

select * from final
