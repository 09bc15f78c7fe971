with source as (
    select * from {{ source('reference', 'feed_file') }}
),

final as (
    select
        feed,
        delivered_on,
        source_file,
        file_id,
        format,
        status,
        reason,
        rows_read,
        rows_accepted,
        rows_quarantined,
        unknown_columns
    from source
    where delivered_on <= {{ as_of_date() }}
)

select * from final
