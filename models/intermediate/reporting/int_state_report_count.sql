{%- set exact = 'decimal(18, 6)' -%}
{#- Each measure on episodes: which rows it looks at, what a row adds to its numerator and to its denominator. -#}
{%- set measures = [
    ('enrolled', 'true', '1', 'null'),
    ('enrolled_covered', 'is_covered', '1', 'null'),
    ('newly_enrolled', 'is_covered and is_newly_enrolled', '1', 'null'),
    ('duration', 'is_covered and has_ended', 'treated_days', '1'),
    ('monthly_contact', 'is_covered', 'case when has_contact_and_scale then 1 else 0 end', '1'),
    ('improved', 'is_covered and is_due_for_improvement', 'case when is_improved then 1 else 0 end', '1'),
    ('remission', 'is_covered', 'case when is_in_remission then 1 else 0 end', '1'),
    ('reviewed', 'is_covered and is_due_for_improvement and not is_improved',
        'case when is_reviewed then 1 else 0 end', '1'),
] -%}
-- The numerator and the denominator of each measure, by team and for the organization. A quotient has both; a count of
-- episodes has a numerator alone.
with episode_month as (
    select * from {{ ref('int_state_report_episode_month') }}
),

screen as (
    select * from {{ ref('int_state_report_screen') }}
),

month as (
    select * from {{ ref('int_state_report_month') }}
),

staffing as (
    select * from {{ ref('int_staffing_month') }}
),

member as (
    {%- for measure, rows, numerator, denominator in measures %}
    select
        '{{ measure }}' as measure,
        state,
        month,
        team_id,
        cast({{ numerator }} as bigint) as numerator_part,
        cast({{ denominator }} as bigint) as denominator_part
    from episode_month
    where {{ rows }}
    union all
    {%- endfor %}
    select
        measure,
        state,
        month,
        team_id,
        case when is_in_numerator then 1 else 0 end as numerator_part,
        1 as denominator_part
    from screen
),

counted as (
    select
        measure,
        state,
        month,
        team_id,
        cast(sum(numerator_part) as {{ exact }}) as numerator,
        cast(sum(denominator_part) as bigint) as denominator
    from member
    group by measure, state, month, team_id
),

fte as (
    select
        'care_manager_fte' as measure,
        month.state,
        month.month,
        staffing.team_id,
        case when sum(staffing.days_of_unknown_fte) = 0 then cast(sum(staffing.fte_days) as {{ exact }}) end as numerator,
        cast(null as bigint) as denominator
    from month
    inner join staffing
        on month.month = staffing.month
        and month.fte_role = staffing.role
    group by month.state, month.month, staffing.team_id
),

by_team as (
    select * from counted
    union all
    select * from fte
),

by_entity as (
    select
        measure,
        state,
        month,
        'team' as entity_type,
        team_id as entity_id,
        numerator,
        denominator
    from by_team
    where team_id is not null
    union all
    select
        measure,
        state,
        month,
        'organization' as entity_type,
        'organization' as entity_id,
        case when count(numerator) = count(*) then sum(numerator) end as numerator,
        sum(denominator) as denominator
    from by_team
    group by measure, state, month
),

final as (
    select
        measure,
        state,
        month,
        entity_type,
        entity_id,
        -- Sums stay exact until here: a sum of doubles would depend on the order of the rows.
        case when measure = 'duration' then cast(numerator as double) / 7 else cast(numerator as double) end as numerator,
        cast(denominator as double) as denominator
    from by_entity
)

select * from final
