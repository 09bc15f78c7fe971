-- The days of a month on which a practitioner is staffed in a role at a team, and the full-time equivalents of those days.
with staffing as (
    select * from {{ ref('int_staffing_period') }}
),

month as (
    select * from {{ ref('int_period') }}
    where period_type = 'month'
),

staffed as (
    select
        staffing.practitioner_id,
        staffing.team_id,
        staffing.role,
        month.period_start_on as month,
        month.days as days_of_month,
        staffing.fte,
        staffing.hourly_cost_usd,
        case
            when staffing.valid_from > month.period_start_on then staffing.valid_from else month.period_start_on
        end as first_on,
        case
            when staffing.valid_until <= month.period_end_on then {{ add_days('staffing.valid_until', -1) }}
            else month.period_end_on
        end as last_on
    from staffing
    inner join month
        on staffing.valid_from <= month.period_end_on
        and staffing.valid_until > month.period_start_on
),

counted as (
    select
        staffed.*,
        1 + {{ days_between('staffed.first_on', 'staffed.last_on') }} as days
    from staffed
),

final as (
    select
        practitioner_id,
        team_id,
        role,
        month,
        days_of_month,
        cast(sum(days) as integer) as days_staffed,
        cast(sum(case when fte is null then days else 0 end) as integer) as days_of_unknown_fte,
        sum(fte * days) as fte_days,
        cast(sum(case when fte > 0 and hourly_cost_usd is null then days else 0 end) as integer) as days_of_unknown_cost,
        sum(fte * days * hourly_cost_usd) as cost_days
    from counted
    group by practitioner_id, team_id, role, month, days_of_month
)

select * from final
