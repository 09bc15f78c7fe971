-- Diagnoses as they are known now, each with its ICD-10-CM code without the dot (a SNOMED CT code mapped where none is sent).
with condition_row as (
    {{ latest_version('stg_feed__condition', ['condition_id']) }}
),

code_map as (
    select * from {{ ref('code_map') }}
    where feed = 'condition' and "column" = 'icd10_code'
),

final as (
    select
        condition_row.condition_id,
        condition_row.patient_id,
        condition_row.encounter_id,
        upper(replace(coalesce(condition_row.icd10_code, code_map.value), '.', '')) as icd10_code,
        condition_row.snomed_code,
        condition_row.verification_status,
        condition_row.clinical_status,
        condition_row.onset_on,
        condition_row.recorded_on,
        condition_row.abated_on
    from condition_row
    left join code_map
        on condition_row.snomed_code = code_map.code
        and {{ in_period(as_of_date(), 'code_map.valid_from', 'code_map.valid_to') }}
)

select * from final
