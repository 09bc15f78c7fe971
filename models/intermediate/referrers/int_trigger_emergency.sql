-- Rules about emergency visits with a diagnosis: recorded at the visit, or on its local date, and before the clinic date.
with clinic_patient as (
    select * from {{ ref('int_clinic_patient') }}
),

rule_row as (
    select * from {{ ref('case_finding_rule') }}
    where rule_kind = 'emergency'
),

diagnosis as (
    select * from {{ ref('int_case_finding_diagnosis') }}
),

looked_at as (
    select distinct patient_id from clinic_patient
),

emergency as (
    select
        encounter.encounter_id,
        encounter.patient_id,
        encounter.started_on
    from {{ ref('int_encounter_latest') }} as encounter
    inner join looked_at
        on encounter.patient_id = looked_at.patient_id
    where
        encounter.encounter_class = 'emergency'
        and encounter.status in ('arrived', 'in-progress', 'finished')
),

condition_row as (
    select * from {{ ref('int_condition_latest') }}
    where
        icd10_code is not null
        and coalesce(verification_status, '') not in ('refuted', 'entered-in-error')
),

diagnosed as (
    select
        emergency.encounter_id,
        emergency.patient_id,
        emergency.started_on,
        coalesce(condition_row.recorded_on, emergency.started_on) as known_on,
        condition_row.icd10_code
    from emergency
    inner join condition_row
        on emergency.patient_id = condition_row.patient_id
        and (
            emergency.encounter_id = condition_row.encounter_id
            or (condition_row.encounter_id is null and emergency.started_on = condition_row.recorded_on)
        )
),

behavioral as (
    select
        diagnosed.encounter_id,
        diagnosed.patient_id,
        diagnosed.started_on,
        min(diagnosed.known_on) as known_on,
        diagnosis.rule_id,
        diagnosis.valid_from,
        diagnosis.valid_to
    from diagnosed
    inner join diagnosis
        on substring(diagnosed.icd10_code, 1, length(diagnosis.first_code)) >= diagnosis.first_code
        and substring(diagnosed.icd10_code, 1, length(diagnosis.last_code)) <= diagnosis.last_code
    group by
        diagnosed.encounter_id,
        diagnosed.patient_id,
        diagnosed.started_on,
        diagnosis.rule_id,
        diagnosis.valid_from,
        diagnosis.valid_to
),

final as (
    select
        clinic_patient.clinic_date,
        clinic_patient.patient_id,
        rule_row.rule_id,
        max(behavioral.started_on) as evidence_on,
        cast(count(*) as {{ dbt.type_string() }}) as evidence_value
    from clinic_patient
    inner join behavioral
        on clinic_patient.patient_id = behavioral.patient_id
        and clinic_patient.clinic_date > behavioral.started_on
        and clinic_patient.clinic_date > behavioral.known_on
        and {{ in_period('clinic_patient.clinic_date', 'behavioral.valid_from', 'behavioral.valid_to') }}
    inner join rule_row
        on behavioral.rule_id = rule_row.rule_id
        and {{ days_between('behavioral.started_on', 'clinic_patient.clinic_date') }} <= rule_row.look_back_days
        and (rule_row.age_min_years is null or coalesce(clinic_patient.age_years, rule_row.age_min_years) >= rule_row.age_min_years)
        and {{ in_period('clinic_patient.clinic_date', 'rule_row.valid_from', 'rule_row.valid_to') }}
    group by
        clinic_patient.clinic_date,
        clinic_patient.patient_id,
        rule_row.rule_id,
        rule_row.threshold
    having count(*) >= rule_row.threshold
)

select * from final
