with source as (
    select * from {{ source('feed', 'procedure') }}
),

final as (
    select
        procedure_id,
        patient_id,
        encounter_id,
        practitioner_id,
        code_system,
        code,
        performed_at,
        performed_at_is_local,
        ended_at,
        ended_at_is_local,
        status,
        not_done_reason,
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
