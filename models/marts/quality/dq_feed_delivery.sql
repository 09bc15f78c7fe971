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

calendar as (
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
),

numbered as (
    select
        calendar.*,
        row_number() over (partition by calendar.feed order by calendar.delivered_on) - 1 as dates_before,
        sum(case when calendar.files > 0 then 1 else 0 end) over (
            partition by calendar.feed order by calendar.delivered_on
        ) as delivery_number,
        sum(case when calendar.files > 0 then 1 else 0 end) over (
            partition by calendar.feed order by calendar.delivered_on
        ) - case when calendar.files > 0 then 1 else 0 end as deliveries_before
    from calendar
),

usual as (
    select
        numbered.feed,
        numbered.delivered_on,
        avg(earlier.rows_read) as usual_rows
    from numbered
    inner join numbered as earlier
        on numbered.feed = earlier.feed
        and earlier.delivery_number <= numbered.deliveries_before
        and earlier.delivery_number > numbered.deliveries_before - {{ threshold('dq_history_deliveries') }}
    where earlier.files > 0
    group by numbered.feed, numbered.delivered_on
),

remembered as (
    select
        numbered.*,
        usual.usual_rows
    from numbered
    left join usual
        on numbered.feed = usual.feed
        and numbered.delivered_on = usual.delivered_on
),

final as (
    select
        feed,
        delivered_on as delivery_on,
        cast(files as integer) as files,
        cast(rows_read as bigint) as rows_read,
        cast(rows_accepted as bigint) as rows_accepted,
        cast(rows_quarantined as bigint) as rows_quarantined,
        files = 0 as is_late,
        cast(floor(usual_rows * {{ threshold('dq_expected_rows_low_ratio') }}) as bigint) as expected_rows_low,
        cast(ceiling(usual_rows * {{ threshold('dq_expected_rows_high_ratio') }}) as bigint) as expected_rows_high,
        cast(files_ignored as integer) as files_ignored
    from remembered
    where
        files > 0
        or deliveries_before * 2 > dates_before
)

select * from final
