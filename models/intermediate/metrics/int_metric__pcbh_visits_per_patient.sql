-- Patients with a BHC visit in the year to the last day of a period, and how many visits.
{{ config(materialized='view') }}

with patient_year as (
    select * from {{ ref('int_bhc_patient_year') }}
    where entity_type in ('practitioner', 'team')
),

period as (
    select * from {{ ref('int_period') }}
    where period_type in {{ panel_period_types() }}
),

placed as (
    select
        patient_year.entity_type,
        patient_year.entity_id,
        period.period_type,
        period.period_start_on,
        patient_year.patient_id,
        patient_year.visits,
        patient_year.last_visit_on
    from patient_year
    inner join period
        on patient_year.period_end_on = period.period_end_on
),

final as (
    select
        {{ metric_member('pcbh_visits_per_patient', 'visits', '1', 'last_visit_on', 'visits') }}
    from placed
)

select * from final
