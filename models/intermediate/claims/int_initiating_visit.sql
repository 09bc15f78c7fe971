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
    select encounter.*
    from encounter
    inner join ledger_patient
        on encounter.patient_id = ledger_patient.patient_id
),

final as (
    select
        encounter_id,
        patient_id,
        started_at,
        time_zone
    from of_ledger
    where billing_codes is null
    union
    select
        of_ledger.encounter_id,
        of_ledger.patient_id,
        of_ledger.started_at,
        of_ledger.time_zone
    from of_ledger
    inner join procedure_code
        on {{ list_has("replace(of_ledger.billing_codes, ' ', '')", 'procedure_code.procedure_code') }}
        and {{ in_period('of_ledger.started_on', 'procedure_code.valid_from', 'procedure_code.valid_to') }}
)

select * from final
