-- Diagnoses that a value set lists, when they prevail and in which sense they count.
with condition_code as (
    {{ codes_of(['Bipolar Disorder', 'Dysthymia', 'Hospice Diagnosis', 'Major Depression Including Remission',
        'Palliative Care Diagnosis', 'Personality Disorder Emotionally Labile', 'Pervasive Developmental Disorder',
        'Schizophrenia or Psychotic Disorder']) }}
),

condition_row as (
    {{ latest_version('stg_feed__condition', ['condition_id']) }}
),

listed as (
    select
        condition_row.condition_id,
        condition_code.value_set
    from condition_row
    inner join condition_code
        on condition_row.snomed_code = condition_code.code
        and condition_code.code_system like '%snomed.info/sct'
    union
    select
        condition_row.condition_id,
        condition_code.value_set
    from condition_row
    inner join condition_code
        on upper(replace(condition_row.icd10_code, '.', '')) = condition_code.bare_code
        and condition_code.code_system like '%icd-10-cm'
),

final as (
    select
        listed.condition_id,
        listed.value_set,
        condition_row.patient_id,
        coalesce(condition_row.onset_on, condition_row.recorded_on, {{ first_day() }}) as prevails_from,
        coalesce(condition_row.abated_on, {{ last_day_of_time() }}) as prevails_until,
        coalesce(
            condition_row.verification_status = 'confirmed'
            and condition_row.clinical_status in ('active', 'recurrence', 'relapse'),
            false
        ) as is_confirmed_active,
        coalesce(condition_row.verification_status, 'confirmed') = 'confirmed'
        and coalesce(condition_row.clinical_status, 'active') in ('active', 'recurrence', 'relapse')
            as is_taken_as_active,
        coalesce(
            condition_row.category in ('problem', 'health_concern'), false
        ) as is_problem
    from listed
    inner join condition_row
        on listed.condition_id = condition_row.condition_id
    where coalesce(condition_row.verification_status, '') not in ('refuted', 'entered-in-error')
)

select * from final
