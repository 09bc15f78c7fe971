-- A closed month and its closing day, for each number of days that some payer's policy leaves after a month's end.
with calendar_month as (
    select * from {{ ref('int_calendar_month') }}
),

close_after as (
    select distinct close_after_days from {{ ref('payer_policy') }}
),

dated as (
    select
        calendar_month.month_start_on as closed_month,
        calendar_month.month_end_on,
        close_after.close_after_days,
        {{ add_days('calendar_month.month_end_on', 'close_after.close_after_days') }} as closed_on
    from calendar_month
    cross join close_after
),

final as (
    select
        'closed:' || cast(closed_month as {{ dbt.type_string() }}) || ':'
        || cast(close_after_days as {{ dbt.type_string() }}) as knowledge_id,
        closed_month,
        month_end_on,
        close_after_days,
        closed_on
    from dated
    where closed_on < {{ as_of_date() }}
)

select * from final
