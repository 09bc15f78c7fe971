-- One row a calendar month of the target that covers the month: of the team, or of the organization for all teams. Of several
-- the one that began last. Dollars add up from the target's start, and stop at the chosen month.
with target as (
    select
        target_id,
        min(month) as first_month,
        max(month) as last_month
    from rpt_finance_bridge
    where team_id is not distinct from $team
    group by target_id
    having $month between min(month) and max(month)
    order by first_month desc, target_id
    limit 1
)

select
    bridge.target_id,
    bridge.month,
    bridge.target_amount_usd,
    bridge.target_amount_usd * row_number() over (order by bridge.month) / count(*) over () as even_pace_usd,
    case when bridge.month <= $month then bridge.actual_expected_usd end as expected_usd,
    case when bridge.month = $month then bridge.projected_usd end as projected_usd
from rpt_finance_bridge as bridge
inner join target
    on bridge.target_id = target.target_id
order by bridge.month
