with source as (
    select * from {{ source('feed', 'finance_target') }}
),

final as (
    select
        target_id,
        team_id,
        period_start_on,
        period_end_on,
        amount_usd,
        agreed_on,
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
