-- The period calendar: what is kept of the past, and on which day each period ends.
with day_number as (
    {{ dbt.generate_series(4000) }}
),

bounds as (
    select
        {{ as_of_date() }} as as_of_date,
        {{ add_months(add_days(as_of_date(), 1), '-' ~ threshold_days('kept_period_months')) }} as kept_from
),

spine as (
    select
        bounds.*,
        {{ add_days('bounds.as_of_date', '1 - cast(day_number.generated_number as integer)') }} as day_on
    from bounds
    cross join day_number
),

started as (
    {%- for period_type in calendar_period_types() %}
    select distinct
        '{{ period_type }}' as period_type,
        cast({{ dbt.date_trunc(period_type, 'day_on') }} as date) as period_start_on,
        as_of_date
    from spine
    where day_on >= kept_from
    union all
    {%- endfor %}
    select
        'trailing_3_months' as period_type,
        {{ add_months(add_days('as_of_date', 1), -3) }} as period_start_on,
        as_of_date
    from bounds
    union all
    select
        'trailing_365_days' as period_type,
        {{ add_days('as_of_date', -364) }} as period_start_on,
        as_of_date
    from bounds
),

ended as (
    select
        period_type,
        period_start_on,
        as_of_date,
        case period_type
            when 'day' then period_start_on
            when 'week' then {{ add_days('period_start_on', 6) }}
            when 'month' then {{ add_days(add_months('period_start_on', 1), -1) }}
            when 'quarter' then {{ add_days(add_months('period_start_on', 3), -1) }}
            when 'year' then {{ add_days(add_months('period_start_on', 12), -1) }}
            else as_of_date
        end as calendar_end_on
    from started
),

clipped as (
    select
        period_type,
        period_start_on,
        calendar_end_on,
        case when calendar_end_on < as_of_date then calendar_end_on else as_of_date end as period_end_on
    from ended
),

final as (
    select
        period_type,
        period_start_on,
        period_end_on,
        calendar_end_on,
        cast(1 + {{ days_between('period_start_on', 'period_end_on') }} as integer) as days
    from clipped
)

select * from final
