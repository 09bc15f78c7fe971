with source as (
    select * from {{ source('feed', 'consent') }}
),

final as (
    select
        consent_id,
        patient_id,
        program,
        method,
        granted_at,
        granted_at_is_local,
        revoked_at,
        revoked_at_is_local,
        recorded_by,
        billing_practitioner_id,
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
