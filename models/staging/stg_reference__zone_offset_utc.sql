with source as (
    select * from {{ source('reference', 'zone_offset_utc') }}
),

final as (
    select
        time_zone,
        utc_year,
        utc_from,
        utc_until,
        offset_seconds
    from source
)

select * from final
