with source as (
    select * from {{ source('feed', 'condition') }}
),

final as (
    select
        condition_id,
        patient_id,
        icd10_code,
        snomed_code,
        category,
        verification_status,
        recorded_on,
        encounter_id,
        onset_on,
        abated_on,
        clinical_status,
        updated_at,
        is_deleted,
        site_columns,
        _delivered_on,
        _source_file,
        _row_number,
        _file_id
    from source
    where _delivered_on <= {{ as_of_date() }}
)

select * from final
