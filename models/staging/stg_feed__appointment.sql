with source as (
    select * from {{ source('feed', 'appointment') }}
),

final as (
    select
        appointment_id,
        patient_id,
        practitioner_id,
        team_id,
        service_line,
        visit_type,
        modality,
        booked_at,
        booked_at_is_local,
        starts_at,
        starts_at_is_local,
        ends_at,
        ends_at_is_local,
        status,
        cancelled_at,
        cancelled_at_is_local,
        slot_id,
        encounter_id,
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
