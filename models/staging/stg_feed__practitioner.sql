with source as (
    select * from {{ source('feed', 'practitioner') }}
),

final as (
    select
        practitioner_id,
        npi,
        family_name,
        given_name,
        credential,
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
