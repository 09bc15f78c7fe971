-- Which policy decides for a payer on a date: its own row in force, else that of the default policy. The payer '' stands
-- for no coverage.
with policy as (
    select * from {{ ref('int_policy') }}
),

payer as (
    select distinct payer_id from {{ ref('stg_feed__coverage') }} where payer_id is not null
    union
    select payer_id from policy
    union
    select '' as payer_id
),

applicable as (
    select
        payer.payer_id,
        policy.policy_version,
        case when policy.payer_id = payer.payer_id then 1 else 2 end as precedence,
        policy.in_force_from as valid_from,
        policy.in_force_until as valid_until
    from payer
    inner join policy
        on payer.payer_id = policy.payer_id
        or policy.payer_id = 'default'
),

decided as (
    {{ first_in_force('applicable', ['payer_id'], ['policy_version', 'precedence'], 'row_in_force.precedence asc') }}
),

final as (
    select
        payer_id,
        policy_version,
        valid_from,
        valid_until
    from decided
)

select * from final
