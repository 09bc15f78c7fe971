-- Warm handoffs and unique patients by day and week, where there was a visit: too many to open to patients.
with visit as (
    select * from {{ ref('int_bhc_visit_spaced') }}
),

period_day as (
    select * from {{ ref('int_period_day') }}
    where period_type in ('day', 'week')
),

placed as (
    {{ by_entity('visit', ['patient_id', 'visit_on', 'warm_handoffs', 'days_seen'],
        [('practitioner', 'practitioner_id'), ('team', 'team_id')]) }}
),

counted as (
    select
        placed.entity_type,
        placed.entity_id,
        period_day.period_type,
        period_day.period_start_on,
        count(*) as visits,
        sum(placed.warm_handoffs) as warm_handoffs,
        sum(placed.days_seen) as days_seen,
        count(distinct placed.visit_on) as clinic_days
    from placed
    inner join period_day
        on placed.visit_on = period_day.day_on
    group by placed.entity_type, placed.entity_id, period_day.period_type, period_day.period_start_on
),

final as (
    select
        'pcbh_warm_handoff_share' as metric_id,
        entity_type,
        entity_id,
        period_type,
        period_start_on,
        cast(warm_handoffs as double) as numerator,
        cast(visits as double) as denominator
    from counted
    union all
    select
        'pcbh_unique_patients_per_day' as metric_id,
        entity_type,
        entity_id,
        period_type,
        period_start_on,
        cast(days_seen as double) as numerator,
        cast(clinic_days as double) as denominator
    from counted
    where entity_type = 'practitioner'
)

select * from final
