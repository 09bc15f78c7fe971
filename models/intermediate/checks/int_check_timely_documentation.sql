-- Every credited entry was documented soon after its service.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

late_entry as (
    select * from {{ ref('int_late_documentation') }}
),

found as (
    select
        {{ found_columns('late_entry.service_on, late_entry.entry_id') }},
        late_entry.entry_id,
        late_entry.service_on
    from claim_month
    inner join late_entry
        on claim_month.patient_id = late_entry.patient_id
        and claim_month.program = late_entry.program
        and claim_month.service_month = late_entry.service_month
        and (late_entry.days_late is null or late_entry.days_late > claim_month.late_documentation_days)
),

final as (
    select
        {{ check_row('timely_documentation', outcome_of('found.entry_id is null'),
            "'care_activity'", 'found.entry_id', 'found.service_on') }}
    from claim_month
    {{ join_found('found') }}
)

select * from final
