with source as (
    select * from {{ source('reference', 'run_context') }}
),

final as (
    select
        as_of_date,
        default_time_zone
    from source
)

select * from final
