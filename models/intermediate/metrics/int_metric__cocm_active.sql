-- The active collaborative care patients of a period: as a caseload, and their billable months, minutes and reviews.
{{ config(materialized='view') }}

with patient_period as (
    select * from {{ ref('int_cocm_patient_period') }}
),

placed as (
    {{ by_entity('patient_period',
        ['period_type', 'period_start_on', 'patient_id', 'last_day_on', 'days_in_treatment', 'credited_minutes',
         'billable_months', 'is_billable', 'case_reviews', 'last_reviewed_on'],
        [('practitioner', 'care_manager_id'), ('team', 'team_id')]) }}
),

final as (
    select
        {{ metric_member('cocm_active_patients', '1', '0', 'last_day_on', 'days_in_treatment') }}
    from placed
    union all
    select
        {{ metric_member('cocm_active_patients_per_fte', '1', '0', 'last_day_on', 'days_in_treatment') }}
    from placed
    union all
    select
        {{ metric_member('cocm_billable_patients', 'is_billable', '0', 'last_day_on', 'billable_months') }}
    from placed
    union all
    select
        {{ metric_member('cocm_billable_rate', 'is_billable', '1', 'last_day_on', 'billable_months') }}
    from placed
    union all
    select
        {{ metric_member('cocm_minutes_per_active_patient', 'credited_minutes', '1', 'last_day_on', 'credited_minutes') }}
    from placed
    where entity_type = 'practitioner'
    union all
    select
        {{ metric_member('cocm_case_reviews_per_active', 'case_reviews', '1', 'last_reviewed_on', 'case_reviews') }}
    from placed
    where entity_type = 'team'
)

select * from final
