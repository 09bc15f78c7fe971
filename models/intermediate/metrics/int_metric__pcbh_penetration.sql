-- Patients of a panel on the last day of a period, and whether a BHC saw them in the year to it.
{{ config(materialized='view') }}

with membership as (
    select * from {{ ref('int_panel_membership') }}
),

seen as (
    select * from {{ ref('int_bhc_patient_year') }}
    where entity_type = 'organization'
),

panel_period as (
    select distinct
        period_type,
        period_start_on,
        period_end_on,
        is_opened
    from {{ ref('int_panel_total') }}
),

placed as (
    select
        membership.entity_type,
        membership.entity_id,
        panel_period.period_type,
        panel_period.period_start_on,
        panel_period.period_end_on,
        membership.patient_id
    from membership
    inner join panel_period
        on membership.valid_from <= panel_period.period_end_on
        and membership.valid_until > panel_period.period_end_on
    where panel_period.is_opened
),

member as (
    select
        placed.entity_type,
        placed.entity_id,
        placed.period_type,
        placed.period_start_on,
        placed.patient_id,
        case when seen.patient_id is null then 0 else 1 end as is_seen,
        seen.last_visit_on,
        seen.visits
    from placed
    left join seen
        on placed.patient_id = seen.patient_id
        and placed.period_end_on = seen.period_end_on
    union all
    select
        membership.entity_type,
        membership.entity_id,
        panel_period.period_type,
        panel_period.period_start_on,
        membership.patient_id,
        1 as is_seen,
        seen.last_visit_on,
        seen.visits
    from membership
    inner join seen
        on membership.patient_id = seen.patient_id
        and membership.valid_from <= seen.period_end_on
        and membership.valid_until > seen.period_end_on
    inner join panel_period
        on seen.period_end_on = panel_period.period_end_on
    where not panel_period.is_opened
),

final as (
    select
        {{ metric_member('pcbh_penetration', 'is_seen', '1', 'last_visit_on', 'visits') }}
    from member
)

select * from final
