-- What the service cost, as it is known now.
with service_cost as (
    {{ latest_version('stg_feed__service_cost', ['cost_id']) }}
),

final as (
    select
        cost_id,
        team_id,
        {{ month_of('cost_month') }} as cost_month,
        kind,
        category,
        amount_usd
    from service_cost
)

select * from final
