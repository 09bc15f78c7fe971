with source as (
    select * from {{ source('quarantine', 'record') }}
),

final as (
    select
        feed,
        delivered_on,
        source_file,
        row_number,
        record_key_hash,
        reason
    from source
    where delivered_on <= {{ as_of_date() }}
)

select * from final
