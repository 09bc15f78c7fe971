-- Since when the warehouse has known anything of care, and how soon after its end a month can be closed.
with episode as (
    select * from {{ ref('stg_feed__episode') }}
),

care_activity as (
    select * from {{ ref('stg_feed__care_activity') }}
),

payer_policy as (
    select * from {{ ref('payer_policy') }}
),

first_delivery as (
    select min(_delivered_on) as delivered_on from episode
    union all
    select min(_delivered_on) as delivered_on from care_activity
),

final as (
    select
        (select max(first_delivery.delivered_on) from first_delivery) as first_delivered_on,
        (select min(payer_policy.close_after_days) from payer_policy) as least_close_after_days
)

select * from final
