with source as (
    select * from {{ source('feed', 'care_activity') }}
),

final as (
    select
        entry_id,
        patient_id,
        staff_id,
        activity_code,
        started_at,
        started_at_is_local,
        ended_at,
        ended_at_is_local,
        duration_minutes,
        documented_at,
        documented_at_is_local,
        encounter_id,
        status,
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
