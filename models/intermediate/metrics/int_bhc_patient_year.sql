-- The BHC visits of a patient in the year to the last day of a period.
with visit as (
    select * from {{ ref('int_bhc_visit') }}
),

period_end as (
    select distinct
        period_end_on,
        {{ add_days('period_end_on', '1 - ' ~ threshold_days('penetration_window_days')) }} as window_from
    from {{ ref('int_period') }}
    where period_type in {{ panel_period_types() }}
),

placed as (
    {{ by_entity('visit', ['patient_id', 'visit_on'],
        [('practitioner', 'practitioner_id'), ('team', 'team_id'), ('organization', "'organization'")]) }}
),

final as (
    select
        placed.entity_type,
        placed.entity_id,
        period_end.period_end_on,
        placed.patient_id,
        cast(count(*) as integer) as visits,
        max(placed.visit_on) as last_visit_on
    from placed
    inner join period_end
        on placed.visit_on <= period_end.period_end_on
        and placed.visit_on >= period_end.window_from
    group by placed.entity_type, placed.entity_id, period_end.period_end_on, placed.patient_id
)

select * from final
