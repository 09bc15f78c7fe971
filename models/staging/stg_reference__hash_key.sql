with source as (
    select * from {{ source('reference', 'hash_key') }}
),

final as (
    select
        hash_key
    from source
)

select * from final
