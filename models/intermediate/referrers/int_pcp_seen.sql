-- How many patients of the panel of a period's last day came to primary care in the period.
with period_day as (
    select * from {{ ref('int_period_day') }}
    where period_type in ('month', 'trailing_3_months')
),

visit_day as (
    select
        patient_id,
        started_on
    from {{ ref('int_encounter_latest') }}
    where
        service_line = 'primary_care'
        and status = 'finished'
),

seen as (
    select distinct
        visit_day.patient_id,
        period_day.period_type,
        period_day.period_start_on,
        period_day.period_end_on
    from visit_day
    inner join period_day
        on visit_day.started_on = period_day.day_on
),

membership as (
    select * from {{ ref('int_panel_membership') }}
    where entity_type = 'practitioner'
),

final as (
    select
        membership.entity_id as pcp_id,
        seen.period_type,
        seen.period_start_on,
        cast(count(*) as integer) as patients_seen
    from seen
    inner join membership
        on seen.patient_id = membership.patient_id
        and seen.period_end_on >= membership.valid_from
        and seen.period_end_on < membership.valid_until
    group by
        membership.entity_id,
        seen.period_type,
        seen.period_start_on
)

select * from final
