with source as (
    select * from {{ source('feed', 'service_cost') }}
),

final as (
    select
        cost_id,
        team_id,
        cost_month,
        kind,
        category,
        amount_usd,
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
