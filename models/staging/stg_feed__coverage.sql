with source as (
    select * from {{ source('feed', 'coverage') }}
),

final as (
    select
        coverage_id,
        patient_id,
        payer_id,
        rank,
        effective_from,
        effective_to,
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
