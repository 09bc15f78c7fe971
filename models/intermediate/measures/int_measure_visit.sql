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

version as (
    {{ latest_version('stg_feed__encounter', ['encounter_id']) }}
),

coded as (
    select
        encounter_id,
        type_codes,
        billing_codes,
        discharge_disposition
    from version
    where
        type_codes is not null
        or billing_codes is not null
),

type_list as (
    select distinct type_codes from coded
    where type_codes is not null
),

billing_list as (
    select distinct billing_codes from coded
    where billing_codes is not null
),

type_code as (
    {{ split_list('type_list', ['type_codes'], 'type_codes', 'visit_type_code') }}
),

billing_code as (
    {{ split_list('billing_list', ['billing_codes'], 'billing_codes', 'procedure_code') }}
),

listed_type as (
    select distinct
        type_code.type_codes,
        visit_code.value_set
    from type_code
    inner join visit_code
        on type_code.visit_type_code = visit_code.code_system || '|' || visit_code.code
),

listed_billing as (
    select distinct
        billing_code.billing_codes,
        visit_code.value_set
    from billing_code
    inner join visit_code
        on billing_code.procedure_code = visit_code.code
    inner join billing_system
        on visit_code.code_system = billing_system.code_system
),

listed as (
    select
        coded.encounter_id,
        coded.discharge_disposition,
        listed_type.value_set
    from coded
    inner join listed_type
        on coded.type_codes = listed_type.type_codes
    union
    select
        coded.encounter_id,
        coded.discharge_disposition,
        listed_billing.value_set
    from coded
    inner join listed_billing
        on coded.billing_codes = listed_billing.billing_codes
),

encounter as (
    select * from {{ ref('int_encounter_latest') }}
),

final as (
    select
        listed.encounter_id,
        listed.value_set,
        encounter.patient_id,
        encounter.status,
        listed.discharge_disposition,
        encounter.started_at,
        encounter.started_on,
        coalesce({{ local_date('encounter.ended_at', 'end_offset') }}, encounter.started_on) as ended_on
    from listed
    inner join encounter
        on listed.encounter_id = encounter.encounter_id
    {{ join_offset_at('end_offset', 'encounter.time_zone', 'encounter.ended_at') }}
)

select * from final
