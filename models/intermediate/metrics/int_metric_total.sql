-- Numerators and denominators that patients do not make up, and those of panels, which are too many to add up.
with clinic_day as (
    select
        practitioner_id,
        visit_on
    from {{ ref('int_bhc_visit') }}
    group by practitioner_id, visit_on
),

period_day as (
    select * from {{ ref('int_period_day') }}
    where period_type in {{ panel_period_types() }}
),

panel_total as (
    select * from {{ ref('int_panel_total') }}
),

evenness as (
    select * from {{ ref('int_followup_evenness') }}
),

care_manager as (
    select * from {{ ref('int_staff_fte') }}
    where
        role = 'care_manager'
        and period_type in {{ cocm_period_types() }}
),

consultant as (
    select * from {{ ref('int_staff_fte') }}
    where
        role = 'psychiatric_consultant'
        and entity_type = 'team'
        and period_type in {{ cocm_period_types() }}
),

care_team as (
    select * from care_manager
    where entity_type = 'team'
),

short_period as (
    select * from {{ ref('int_metric_short_period') }}
),

consulted as (
    select
        coalesce(care_team.entity_id, consultant.entity_id) as entity_id,
        coalesce(care_team.period_type, consultant.period_type) as period_type,
        coalesce(care_team.period_start_on, consultant.period_start_on) as period_start_on,
        case
            when consultant.entity_id is null then 0
            else consultant.fte * cast({{ threshold('full_time_hours_per_week') }} as double)
        end as consultant_hours,
        case when care_team.entity_id is null then 0 else care_team.fte end as care_manager_fte
    from care_team
    full outer join consultant
        on care_team.entity_id = consultant.entity_id
        and care_team.period_type = consultant.period_type
        and care_team.period_start_on = consultant.period_start_on
),

final as (
    select
        metric_id,
        entity_type,
        entity_id,
        period_type,
        period_start_on,
        numerator,
        denominator
    from short_period
    union all
    select
        'pcbh_unique_patients_per_day' as metric_id,
        'practitioner' as entity_type,
        clinic_day.practitioner_id as entity_id,
        period_day.period_type,
        period_day.period_start_on,
        cast(null as double) as numerator,
        cast(count(*) as double) as denominator
    from clinic_day
    inner join period_day
        on clinic_day.visit_on = period_day.day_on
    group by clinic_day.practitioner_id, period_day.period_type, period_day.period_start_on
    union all
    select
        'pcbh_penetration' as metric_id,
        entity_type,
        entity_id,
        period_type,
        period_start_on,
        cast(seen_patients as double) as numerator,
        cast(panel_patients as double) as denominator
    from panel_total
    union all
    select
        'pcbh_followup_evenness' as metric_id,
        entity_type,
        entity_id,
        period_type,
        period_start_on,
        entropy as numerator,
        entropy_of_equal_shares as denominator
    from evenness
    union all
    select
        'cocm_active_patients_per_fte' as metric_id,
        entity_type,
        entity_id,
        period_type,
        period_start_on,
        cast(null as double) as numerator,
        fte as denominator
    from care_manager
    union all
    select
        'cocm_consultant_hours_per_fte' as metric_id,
        'team' as entity_type,
        entity_id,
        period_type,
        period_start_on,
        consultant_hours as numerator,
        care_manager_fte as denominator
    from consulted
)

select * from final
