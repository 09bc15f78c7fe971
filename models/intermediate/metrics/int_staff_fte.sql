-- Full-time equivalents of a role, the mean of a period's days, and the caseload that they can carry: of a practitioner over all teams, and of a team over all its people.
with staff as (
    select * from {{ ref('int_staff_period') }}
),

placed as (
    {{ by_entity('staff', ['role', 'period_type', 'period_start_on', 'days_of_period', 'fte_days', 'has_unknown_fte', 'team_id'],
        [('practitioner', 'practitioner_id'), ('team', 'team_id')]) }}
),

team as (
    select * from {{ ref('int_team_zoned') }}
),

guideline as (
    select * from {{ ref('caseload_guideline') }}
),

period as (
    select * from {{ ref('int_period') }}
),

guided as (
    select
        placed.*,
        coalesce(of_tier.low_per_fte, overall.low_per_fte) as low_per_fte,
        coalesce(of_tier.high_per_fte, overall.high_per_fte) as high_per_fte
    from placed
    inner join period
        on placed.period_type = period.period_type
        and placed.period_start_on = period.period_start_on
    left join team
        on placed.team_id = team.team_id
    left join guideline as of_tier
        on placed.role = of_tier.role
        and team.complexity_tier = of_tier.complexity_tier
        and {{ in_period('period.period_end_on', 'of_tier.valid_from', 'of_tier.valid_to') }}
    left join guideline as overall
        on placed.role = overall.role
        and overall.complexity_tier = 'overall'
        and {{ in_period('period.period_end_on', 'overall.valid_from', 'overall.valid_to') }}
),

final as (
    select
        entity_type,
        entity_id,
        role,
        period_type,
        period_start_on,
        case when max(has_unknown_fte) = 0 then cast(sum(fte_days) as double) / max(days_of_period) end as fte,
        case when max(has_unknown_fte) = 0 then cast(sum(fte_days * low_per_fte) as double) / max(days_of_period) end as guideline_low,
        case when max(has_unknown_fte) = 0 then cast(sum(fte_days * high_per_fte) as double) / max(days_of_period) end as guideline_high
    from guided
    group by entity_type, entity_id, role, period_type, period_start_on
)

select * from final
