with source as (
    select * from {{ source('feed', 'staffing') }}
),

final as (
    select
        practitioner_id,
        team_id,
        role,
        fte,
        hourly_cost_usd,
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
