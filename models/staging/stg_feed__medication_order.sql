with source as (
    select * from {{ source('feed', 'medication_order') }}
),

final as (
    select
        order_id,
        patient_id,
        encounter_id,
        code_system,
        code,
        authored_at,
        authored_at_is_local,
        intent,
        do_not_perform,
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
