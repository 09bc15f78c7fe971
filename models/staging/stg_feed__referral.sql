with source as (
    select * from {{ source('feed', 'referral') }}
),

final as (
    select
        referral_id,
        patient_id,
        referrer_id,
        team_id,
        service_line,
        method,
        reason_code,
        service_code,
        intent,
        do_not_perform,
        authored_at,
        authored_at_is_local,
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
