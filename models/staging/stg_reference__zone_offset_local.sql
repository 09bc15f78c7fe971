with source as (
    select * from {{ source('reference', 'zone_offset_local') }}
),

final as (
    select
        time_zone,
        local_year,
        local_from,
        local_until,
        offset_seconds
    from source
)

select * from final
