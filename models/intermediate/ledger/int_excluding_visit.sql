-- Visits whose time is not a care manager's minutes: billed on their own (for the practitioner who held them), and stays
-- in a facility (for everyone).
with encounter_latest as (
    select * from {{ ref('int_encounter_latest') }}
),

encounter_at_closing as (
    select * from {{ ref('int_encounter_at_closing') }}
),

ledger_patient as (
    select * from {{ ref('int_ledger_patient') }}
),

procedure_code as (
    select * from {{ ref('procedure_code') }}
    where is_separately_billed
),

known as (
    select
        'current' as knowledge_id, encounter_id, patient_id, practitioner_id, encounter_class, billing_codes, status,
        started_at, ended_at
    from encounter_latest
    union all
    select
        knowledge_id, encounter_id, patient_id, practitioner_id, encounter_class, billing_codes, status,
        started_at, ended_at
    from encounter_at_closing
),

of_ledger as (
    select
        known.*,
        known.billing_codes as code_list
    from known
    inner join ledger_patient
        on known.knowledge_id = ledger_patient.knowledge_id
        and known.patient_id = ledger_patient.patient_id
    where
        known.billing_codes is not null
        or known.encounter_class in ('inpatient', 'observation')
),

listed as (
    select distinct code_list from of_ledger
    where code_list is not null
),

-- Visits share few lists of codes: each list is read once.
separately_billed as (
    select distinct
        listed.code_list,
        procedure_code.valid_from,
        procedure_code.valid_to
    from listed
    inner join procedure_code
        on {{ list_has('listed.code_list', 'procedure_code.procedure_code') }}
),

final as (
    select distinct
        of_ledger.knowledge_id,
        of_ledger.encounter_id,
        of_ledger.patient_id,
        of_ledger.practitioner_id,
        'billed_separately' as exclusion,
        of_ledger.code_list as visit_kind,
        of_ledger.started_at,
        of_ledger.ended_at
    from of_ledger
    inner join separately_billed
        on of_ledger.code_list = separately_billed.code_list
        and {{ in_period('cast(of_ledger.started_at as date)', 'separately_billed.valid_from', 'separately_billed.valid_to') }}
    where
        of_ledger.status = 'finished'
        and of_ledger.ended_at is not null
    union all
    select
        knowledge_id,
        encounter_id,
        patient_id,
        cast(null as {{ dbt.type_string() }}) as practitioner_id,
        'facility_stay' as exclusion,
        encounter_class as visit_kind,
        started_at,
        coalesce(ended_at, cast({{ last_day_of_time() }} as timestamp)) as ended_at
    from of_ledger
    where
        encounter_class in ('inpatient', 'observation')
        and status not in ('cancelled', 'planned', 'noshow', 'entered-in-error')
)

select * from final
