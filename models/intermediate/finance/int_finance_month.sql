{%- set sums = ['billable_patients', 'priced_patients', 'cocm_expected_usd', 'expected_usd', 'submitted_usd', 'paid_usd',
    'active_patients', 'bhc_visits', 'bhc_days', 'bhc_paid_visits', 'bhc_paid_usd', 'staff_cost_days', 'unknown_cost_days',
    'referrals', 'converted_referrals'] -%}
-- What each team, and the organization, did in a month in dollars and patients; a month without anything is a row of zeros.
with amount as (
    select * from {{ ref('int_finance_amount') }}
),

month as (
    select * from {{ ref('int_period') }}
    where period_type = 'month'
),

policy as (
    select max(close_after_days) as close_after_days
    from {{ ref('payer_policy') }}
    where {{ in_period(as_of_date(), 'valid_from', 'valid_to') }}
),

scope as (
    select
        'team' as entity_type,
        team_id as entity_id
    from {{ ref('int_team_zoned') }}
    union all
    select
        'organization' as entity_type,
        'organization' as entity_id
),

sent as (
    select distinct
        coalesce(team_id, '') as sender_id,
        month
    from amount
    where service_cost_usd is not null
),

scoped as (
    select
        'team' as entity_type,
        amount.team_id as entity_id,
        amount.*,
        sent.sender_id is not null as has_sent_cost
    from amount
    left join sent
        on amount.team_id = sent.sender_id
        and amount.month = sent.month
    where amount.team_id is not null
    union all
    select
        'organization' as entity_type,
        'organization' as entity_id,
        amount.*,
        sent.sender_id is not null or whole.sender_id is not null as has_sent_cost
    from amount
    left join sent
        on amount.team_id = sent.sender_id
        and amount.month = sent.month
    left join sent as whole
        on amount.month = whole.month
        and whole.sender_id = ''
),

final as (
    select
        scope.entity_type,
        scope.entity_id,
        month.period_start_on as month,
        month.period_end_on as month_end_on,
        month.period_end_on = month.calendar_end_on as is_over,
        {{ add_days('month.calendar_end_on', 'policy.close_after_days') }} < {{ as_of_date() }} as is_closed,
        {%- for column in sums %}
        cast(coalesce(sum(scoped.{{ column }}), 0) as decimal(18, 2)) as {{ column }},
        {%- endfor %}
        cast(sum(scoped.service_cost_usd) as decimal(18, 2)) as service_cost_usd,
        -- Hours count where no cost was sent: neither of the team nor, without a team, of the whole organization.
        case
            when coalesce(sum(case when not scoped.has_sent_cost then scoped.unknown_cost_days end), 0) = 0
                then {{ usd(
                    "coalesce(sum(scoped.service_cost_usd), 0)"
                    ~ " + coalesce(sum(case when not scoped.has_sent_cost then scoped.staff_cost_days end), 0) * "
                    ~ threshold('full_time_hours_per_week') ~ " / 7"
                ) }}
        end as cost_usd
    from month
    cross join scope
    cross join policy
    left join scoped
        on scope.entity_type = scoped.entity_type
        and scope.entity_id = scoped.entity_id
        and month.period_start_on = scoped.month
    group by
        scope.entity_type,
        scope.entity_id,
        month.period_start_on,
        month.period_end_on,
        month.calendar_end_on,
        policy.close_after_days
)

select * from final
