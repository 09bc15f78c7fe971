-- What a practitioner is staffed for in a role at a team in a period: the full-time equivalents of its days, added up.
with staffing as (
    select * from {{ ref('int_staffing_period') }}
),

period as (
    select * from {{ ref('int_period') }}
    where period_type not in ('day', 'week')
),

staffed as (
    select
        staffing.practitioner_id,
        staffing.team_id,
        staffing.role,
        staffing.fte,
        period.period_type,
        period.period_start_on,
        period.days as days_of_period,
        case when staffing.valid_from > period.period_start_on then staffing.valid_from else period.period_start_on end as first_on,
        case
            when staffing.valid_until <= period.period_end_on then {{ add_days('staffing.valid_until', -1) }}
            else period.period_end_on
        end as last_on
    from staffing
    inner join period
        on staffing.valid_from <= period.period_end_on
        and staffing.valid_until > period.period_start_on
),

counted as (
    select
        practitioner_id,
        team_id,
        role,
        fte,
        period_type,
        period_start_on,
        days_of_period,
        1 + {{ days_between('first_on', 'last_on') }} as days
    from staffed
),

final as (
    select
        practitioner_id,
        team_id,
        role,
        period_type,
        period_start_on,
        days_of_period,
        sum(fte * days) as fte_days,
        max(case when fte is null then 1 else 0 end) as has_unknown_fte
    from counted
    group by practitioner_id, team_id, role, period_type, period_start_on, days_of_period
)

select * from final
