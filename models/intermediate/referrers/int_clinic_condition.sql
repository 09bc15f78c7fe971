-- Of those whom case finding looks at: the diagnosis that a rule names and that was known and in force on the eve of a
-- clinic date. The one known last, then the lowest id.
with clinic_patient as (
    select * from {{ ref('int_clinic_patient') }}
),

diagnosis as (
    select * from {{ ref('int_case_finding_diagnosis') }}
),

looked_at as (
    select distinct patient_id from clinic_patient
),

condition_row as (
    select
        latest.condition_id,
        latest.patient_id,
        latest.icd10_code,
        latest.abated_on,
        case
            when latest.onset_on > latest.recorded_on then latest.onset_on
            else coalesce(latest.recorded_on, latest.onset_on, {{ first_day() }})
        end as known_on
    from {{ ref('int_condition_latest') }} as latest
    inner join looked_at
        on latest.patient_id = looked_at.patient_id
    where
        latest.icd10_code is not null
        and coalesce(latest.verification_status, '') not in ('refuted', 'entered-in-error')
        and (
            latest.abated_on is not null
            or coalesce(latest.clinical_status, '') not in ('inactive', 'remission', 'resolved')
        )
),

named as (
    select distinct
        condition_row.*,
        diagnosis.rule_id,
        diagnosis.valid_from,
        diagnosis.valid_to
    from condition_row
    inner join diagnosis
        on substring(condition_row.icd10_code, 1, length(diagnosis.first_code)) >= diagnosis.first_code
        and substring(condition_row.icd10_code, 1, length(diagnosis.last_code)) <= diagnosis.last_code
),

ranked as (
    select
        clinic_patient.clinic_date,
        clinic_patient.patient_id,
        named.rule_id,
        named.condition_id,
        named.icd10_code,
        named.known_on,
        row_number() over (
            partition by clinic_patient.clinic_date, clinic_patient.patient_id, named.rule_id
            order by named.known_on desc, named.condition_id asc
        ) as condition_rank
    from clinic_patient
    inner join named
        on clinic_patient.patient_id = named.patient_id
        and clinic_patient.clinic_date > named.known_on
        and (named.abated_on is null or named.abated_on >= clinic_patient.clinic_date)
        and {{ in_period('clinic_patient.clinic_date', 'named.valid_from', 'named.valid_to') }}
),

final as (
    select
        clinic_date,
        patient_id,
        rule_id,
        condition_id,
        icd10_code,
        nullif(known_on, {{ first_day() }}) as known_on
    from ranked
    where condition_rank = 1
)

select * from final
