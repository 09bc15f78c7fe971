-- Visits whose type or billing codes a value set lists. Lists of codes repeat: each list is taken apart once, not each visit.
with visit_code as (
    {{ codes_of(['Contact or Office Visit', 'Encounter Inpatient', 'Encounter to Screen for Depression', 'Hospice Encounter',
        'Palliative Care Encounter', 'Physical Therapy Evaluation', 'Telephone Visits']) }}
),

billing_system as (
    select distinct code_system from visit_code
    where
        code_system like '%cpt'
        or code_system like '%HCPCSReleaseCodeSets'
),

encounter as (
    select
        encounter_id,
        patient_id,
        status,
        coalesce(type_codes, '') as type_codes,
        coalesce(billing_codes, '') as billing_codes,
        discharge_disposition,
        started_at,
        started_on,
        ended_at,
        time_zone
    from {{ ref('int_encounter_latest') }}
),

code_list as (
    select distinct
        type_codes,
        billing_codes
    from encounter
),

type_code as (
    {{ split_list('code_list', ['type_codes', 'billing_codes'], 'type_codes', 'visit_type_code') }}
),

billing_code as (
    {{ split_list('code_list', ['type_codes', 'billing_codes'], 'billing_codes', 'procedure_code') }}
),

listed as (
    select
        type_code.type_codes,
        type_code.billing_codes,
        visit_code.value_set
    from type_code
    inner join visit_code
        on type_code.visit_type_code = visit_code.code_system || '|' || visit_code.code
    union
    select
        billing_code.type_codes,
        billing_code.billing_codes,
        visit_code.value_set
    from billing_code
    inner join visit_code
        on billing_code.procedure_code = visit_code.code
    inner join billing_system
        on visit_code.code_system = billing_system.code_system
),

final as (
    select
        encounter.encounter_id,
        listed.value_set,
        encounter.patient_id,
        encounter.status,
        encounter.discharge_disposition,
        encounter.started_at,
        encounter.started_on,
        coalesce({{ local_date('encounter.ended_at', 'end_offset') }}, encounter.started_on) as ended_on
    from encounter
    inner join listed
        on encounter.type_codes = listed.type_codes
        and encounter.billing_codes = listed.billing_codes
    {{ join_offset_at('end_offset', 'encounter.time_zone', 'encounter.ended_at') }}
)

select * from final
