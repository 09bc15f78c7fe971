-- Every day of every kept period, so that a dated fact finds its periods by one equal join.
with day_number as (
    {{ dbt.generate_series(400) }}
),

period as (
    select * from {{ ref('int_period') }}
),

final as (
    select
        period.period_type,
        period.period_start_on,
        period.period_end_on,
        {{ add_days('period.period_start_on', 'cast(day_number.generated_number as integer) - 1') }} as day_on
    from period
    inner join day_number
        on period.days >= day_number.generated_number
)

select * from final
