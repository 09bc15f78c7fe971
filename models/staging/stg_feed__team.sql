with source as (
    select * from {{ source('feed', 'team') }}
),

final as (
    select
        team_id,
        team_name,
        site_id,
        site_name,
        time_zone,
        billing_tin,
        facility_type,
        complexity_tier,
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
