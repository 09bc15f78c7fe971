-- What an amount is walked over: worth, rates and lengths of the last closed months, and what today's staff can carry.
with month as (
    select * from {{ ref('int_finance_month') }}
    where is_closed
),

episode as (
    select
        team_id,
        cast(1 + {{ days_between('started_on', 'ended_on') }} as bigint) as days
    from {{ ref('int_episode_latest') }}
    where
        program = 'cocm'
        and has_force
        and ended_on >= started_on
        and ended_on <= {{ as_of_date() }}
        and ended_on > {{ add_days(as_of_date(), '-' ~ threshold_days('finance_program_length_days')) }}
),

length as (
    select
        'team' as entity_type,
        team_id as entity_id,
        sum(days) as days,
        count(*) as episodes
    from episode
    where team_id is not null
    group by team_id
    union all
    select
        'organization' as entity_type,
        'organization' as entity_id,
        sum(days) as days,
        count(*) as episodes
    from episode
),

ranked as (
    select
        month.*,
        row_number() over (partition by month.entity_type, month.entity_id order by month.month desc) as month_rank
    from month
),

recent as (
    select
        entity_type,
        entity_id,
        max(month) as last_closed_month,
        count(*) as months,
        sum(billable_patients) as billable_patients,
        sum(priced_patients) as priced_patients,
        sum(cocm_expected_usd) as cocm_expected_usd,
        sum(active_patients) as active_patients,
        sum(bhc_days) as bhc_days,
        sum(bhc_paid_visits) as bhc_paid_visits,
        sum(bhc_paid_usd) as bhc_paid_usd,
        sum(referrals) as referrals,
        sum(converted_referrals) as converted_referrals,
        case
            when count(cost_usd) = count(*)
                then sum(cost_usd)
        end as cost_usd
    from ranked
    where month_rank <= {{ threshold('finance_recent_months') }}
    group by entity_type, entity_id
),

schedule as (
    select * from {{ ref('int_fee_schedule_month') }}
),

capacity as (
    select * from {{ ref('int_finance_capacity') }}
),

final as (
    select
        recent.entity_type,
        recent.entity_id,
        recent.last_closed_month,
        case when recent.priced_patients > 0 then 'claims' when schedule.month_amount_usd is not null then 'fee_schedule' end
            as revenue_source,
        cast(case
            when recent.priced_patients > 0 then round(recent.cocm_expected_usd / recent.priced_patients, 2)
            else schedule.month_amount_usd
        end as decimal(18, 2)) as revenue_per_billable_month_usd,
        {{ ratio('recent.billable_patients', 'recent.active_patients') }} as billable_rate,
        {{ ratio('recent.converted_referrals', 'recent.referrals') }} as conversion_rate,
        {{ ratio('length.days * 12', 'length.episodes * 365.25') }} as months_in_program,
        cast(round(recent.bhc_paid_usd / nullif(recent.bhc_paid_visits, 0), 2) as decimal(18, 2)) as revenue_per_bhc_visit_usd,
        coalesce({{ ratio('recent.bhc_paid_usd', 'recent.bhc_paid_usd + recent.cocm_expected_usd') }}, 0) as bhc_share,
        {{ ratio('recent.bhc_days', 'recent.months') }} as bhc_clinic_days,
        cast(round(recent.cost_usd / recent.months, 2) as decimal(18, 2)) as cost_per_month_usd,
        capacity.care_manager_fte,
        capacity.capacity_active_low,
        capacity.capacity_active_high,
        capacity.bhc_patients_per_day_low,
        capacity.bhc_patients_per_day_high
    from recent
    left join schedule
        on recent.entity_type = schedule.entity_type
        and recent.entity_id = schedule.entity_id
    left join length
        on recent.entity_type = length.entity_type
        and recent.entity_id = length.entity_id
    left join capacity
        on recent.entity_type = capacity.entity_type
        and recent.entity_id = capacity.entity_id
)

select * from final
