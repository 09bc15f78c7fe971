with source as (
    select * from {{ source('feed', 'patient') }}
),

final as (
    select
        patient_id,
        mrn,
        family_name,
        given_name,
        birth_date,
        sex,
        deceased_on,
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
