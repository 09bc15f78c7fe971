with rejected as (
    select * from {{ ref('int_rejected_record') }}
),

accepted as (
    select * from {{ ref('int_accepted_key') }}
),

first_seen as (
    select feed, record_key_hash, min(delivered_on) as first_seen_on
    from rejected
    where record_key_hash is not null
    group by feed, record_key_hash
),

resolved as (
    select
        rejected.feed,
        rejected.source_file,
        rejected.source_row_number,
        min(accepted.accepted_on) as resolved_on
    from rejected
    inner join accepted
        on rejected.feed = accepted.feed
        and rejected.record_key_hash = accepted.record_key_hash
        and rejected.delivered_on <= accepted.accepted_on
    group by rejected.feed, rejected.source_file, rejected.source_row_number
),

final as (
    select
        rejected.delivered_on as delivery_on,
        rejected.feed,
        rejected.source_file,
        rejected.source_row_number as row_number,
        rejected.record_key_hash,
        rejected.reason,
        coalesce(first_seen.first_seen_on, rejected.delivered_on) as first_seen_on,
        resolved.resolved_on
    from rejected
    left join first_seen
        on rejected.feed = first_seen.feed
        and rejected.record_key_hash = first_seen.record_key_hash
    left join resolved
        on rejected.feed = resolved.feed
        and rejected.source_file = resolved.source_file
        and rejected.source_row_number = resolved.source_row_number
)

select * from final
