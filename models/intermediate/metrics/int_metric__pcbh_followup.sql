-- Patients with a return visit in a period: how many of their return visits lie in each band, and the days between.
{{ config(materialized='view') }}

with patient_period as (
    select * from {{ ref('int_bhc_patient_period') }}
    where return_visits > 0
),

final as (
    {%- for band in followup_bands() %}
    select
        {{ metric_member('pcbh_followup_' ~ band, 'return_visits_' ~ band, 'return_visits', 'last_return_on', 'return_visits') }}
    from patient_period
    union all
    {%- endfor %}
    select
        {{ metric_member('pcbh_followup_mean_days', 'gap_days', 'return_visits', 'last_return_on', 'gap_days') }}
    from patient_period
)

select * from final
