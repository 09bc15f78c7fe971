with month as (
    select * from {{ ref('int_state_report_month') }}
),

rule as (
    select * from {{ ref('state_report_rule') }}
),

counted as (
    select * from {{ ref('int_state_report_count') }}
),

team as (
    select * from {{ ref('int_team_zoned') }}
),

entity as (
    select
        'organization' as entity_type,
        'organization' as entity_id
    union
    select
        'team' as entity_type,
        team_id as entity_id
    from team
    union
    select
        entity_type,
        entity_id
    from counted
),

asked as (
    select
        rule.*,
        month.month,
        month.month_end_on,
        entity.entity_type,
        entity.entity_id
    from month
    inner join rule
        on month.state = rule.state
        and {{ in_period('month.month', 'rule.valid_from', 'rule.valid_to') }}
    cross join entity
),

fte as (
    select
        asked.state,
        asked.month,
        asked.entity_type,
        asked.entity_id,
        case when counted.measure is null then 0 else counted.numerator end as fte_days,
        1 + {{ days_between('asked.month', 'asked.month_end_on') }} as days
    from (
        select distinct
            state,
            month,
            month_end_on,
            entity_type,
            entity_id
        from asked
    ) as asked
    left join counted
        on asked.state = counted.state
        and asked.month = counted.month
        and asked.entity_type = counted.entity_type
        and asked.entity_id = counted.entity_id
        and counted.measure = 'care_manager_fte'
),

answered as (
    select
        asked.*,
        case
            when asked.measure = 'care_manager_fte' then fte.fte_days
            else coalesce(counted.numerator, 0)
        end as numerator,
        case
            when asked.measure = 'care_manager_fte' then cast(fte.days as double)
            when asked.measure = 'enrolled' then fte.fte_days / fte.days
            when asked.value_is = 'quotient' then coalesce(counted.denominator, 0)
        end as denominator
    from asked
    inner join fte
        on asked.state = fte.state
        and asked.month = fte.month
        and asked.entity_type = fte.entity_type
        and asked.entity_id = fte.entity_id
    left join counted
        on asked.measure = counted.measure
        and asked.state = counted.state
        and asked.month = counted.month
        and asked.entity_type = counted.entity_type
        and asked.entity_id = counted.entity_id
),

divided as (
    select
        answered.*,
        case
            when answered.decimals is null then answered.numerator / nullif(answered.denominator, 0)
            else {{ round_half_up('answered.numerator', 'answered.denominator', 'answered.decimals') }}
        end as quotient
    from answered
),

final as (
    select
        state,
        metric_number,
        entity_type,
        entity_id,
        month,
        numerator,
        denominator,
        case when value_is = 'numerator' then numerator else quotient end as value,
        cast(target as double) as target,
        case met_if
            when 'at_least' then quotient >= cast(target as double)
            when 'above' then quotient > cast(target as double)
        end as is_met,
        month_end_on,
        metric,
        sentence
    from divided
)

select * from final
