-- Every day of the kept periods: the time spine of the semantic layer.
with period_day as (
    select * from {{ ref('int_period_day') }}
),

final as (
    select distinct day_on
    from period_day
)

select * from final
