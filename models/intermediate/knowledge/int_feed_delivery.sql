-- What came of each feed on each date on which anything was delivered, from the feed's first delivery on; no file where it
-- did not come.
with feed_file as (
    select * from {{ ref('stg_reference__feed_file') }}
),

ruled_out as (
    select feed, delivered_on, count(*) as refused_rows
    from {{ ref('int_rejected_record') }}
    where not is_refused_at_door
    group by feed, delivered_on
),

delivery_date as (
    select distinct delivered_on from feed_file
),

known_feed as (
    select feed, min(delivered_on) as first_delivered_on
    from feed_file
    group by feed
),

delivered as (
    select
        feed,
        delivered_on,
        count(*) as files,
        sum(case when status = 'duplicate' then 1 else 0 end) as files_ignored,
        sum(coalesce(rows_read, 0)) as rows_read,
        sum(coalesce(rows_accepted, 0)) as rows_accepted,
        sum(coalesce(rows_quarantined, 0)) as rows_quarantined
    from feed_file
    group by feed, delivered_on
),

final as (
    select
        known_feed.feed,
        delivery_date.delivered_on,
        coalesce(delivered.files, 0) as files,
        coalesce(delivered.files_ignored, 0) as files_ignored,
        coalesce(delivered.rows_read, 0) as rows_read,
        coalesce(delivered.rows_accepted, 0) - coalesce(ruled_out.refused_rows, 0) as rows_accepted,
        coalesce(delivered.rows_quarantined, 0) + coalesce(ruled_out.refused_rows, 0) as rows_quarantined
    from known_feed
    inner join delivery_date
        on known_feed.first_delivered_on <= delivery_date.delivered_on
    left join delivered
        on known_feed.feed = delivered.feed
        and delivery_date.delivered_on = delivered.delivered_on
    left join ruled_out
        on known_feed.feed = ruled_out.feed
        and delivery_date.delivered_on = ruled_out.delivered_on
)

select * from final
