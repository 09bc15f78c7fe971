-- The months that the site's data can speak of.
with month_number as (
    {{ dbt.generate_series(1800) }}
),

spine as (
    select {{ add_months("cast('1949-12-01' as date)", 'month_number.generated_number') }} as month_start_on
    from month_number
),

final as (
    select
        month_start_on,
        {{ last_day_of_month('month_start_on') }} as month_end_on
    from spine
    where month_start_on <= {{ as_of_date() }}
)

select * from final
