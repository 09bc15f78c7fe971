with calendar as (
    select * from {{ ref('int_feed_delivery') }}
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
