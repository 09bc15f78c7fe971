with source as (
    select * from {{ source('feed', 'slot') }}
),

final as (
    select
        slot_id,
        practitioner_id,
        team_id,
        starts_at,
        starts_at_is_local,
        ends_at,
        ends_at_is_local,
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
