-- Patients whose referral led to a first contact in a period, and the days that it took.
with referral as (
    select * from {{ ref('int_cocm_referral') }}
),

period_day as (
    select * from {{ ref('int_period_day') }}
    where period_type in {{ cocm_period_types() }}
),

counted as (
    select
        'team' as entity_type,
        referral.team_id as entity_id,
        period_day.period_type,
        period_day.period_start_on,
        referral.patient_id,
        count(*) as referrals,
        sum(referral.days_to_contact) as days_to_contact,
        max(referral.contact_on) as last_contact_on
    from referral
    inner join period_day
        on referral.contact_on = period_day.day_on
    group by referral.team_id, period_day.period_type, period_day.period_start_on, referral.patient_id
),

final as (
    select
        {{ metric_member('cocm_days_referral_to_contact', 'days_to_contact', 'referrals', 'last_contact_on',
            'days_to_contact', met='referrals > 0') }}
    from counted
)

select * from final
