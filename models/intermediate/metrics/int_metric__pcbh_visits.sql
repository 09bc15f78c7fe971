-- Patients with a BHC visit in a period: how many of their visits were warm handoffs, on how many days they were seen.
{{ config(materialized='view') }}

with patient_period as (
    select * from {{ ref('int_bhc_patient_period') }}
),

final as (
    select
        {{ metric_member('pcbh_warm_handoff_share', 'warm_handoffs', 'visits', 'last_visit_on', 'visits') }}
    from patient_period
    union all
    select
        {{ metric_member('pcbh_unique_patients_per_day', 'days_seen', '0', 'last_visit_on', 'visits') }}
    from patient_period
    where entity_type = 'practitioner'
)

select * from final
