-- Finished primary-care visits of patients of the ledger that can open the service: those without billing codes, and those
-- with a code that opens it.
with encounter as (
    select * from {{ ref('int_encounter_latest') }}
    where
        service_line = 'primary_care'
        and status = 'finished'
),

ledger_patient as (
    select * from {{ ref('int_ledger_patient') }}
    where knowledge_id = 'current'
),

procedure_code as (
    select * from {{ ref('procedure_code') }}
    where is_initiating_visit
),

of_ledger as (
    select
        encounter.*,
        encounter.billing_codes as code_list
    from encounter
    inner join ledger_patient
        on encounter.patient_id = ledger_patient.patient_id
),

listed as (
    select distinct code_list from of_ledger
    where code_list is not null
),

-- Visits share few lists of codes: each list is read once.
opening as (
    select distinct
        listed.code_list,
        procedure_code.valid_from,
        procedure_code.valid_to
    from listed
    inner join procedure_code
        on {{ list_has('listed.code_list', 'procedure_code.procedure_code') }}
),

final as (
    select
        encounter_id,
        patient_id,
        started_at,
        time_zone
    from of_ledger
    where code_list is null
    union
    select
        of_ledger.encounter_id,
        of_ledger.patient_id,
        of_ledger.started_at,
        of_ledger.time_zone
    from of_ledger
    inner join opening
        on of_ledger.code_list = opening.code_list
        and {{ in_period('of_ledger.started_on', 'opening.valid_from', 'opening.valid_to') }}
)

select * from final
