-- Whose minutes a policy counts, by program.
with policy as (
    select * from {{ ref('int_policy') }}
),

role as (
    select distinct role from {{ ref('stg_feed__staffing') }} where role is not null
),

final as (
    select policy.policy_version, 'cocm' as program, role.role
    from policy
    inner join role
        on {{ list_has('policy.countable_roles_cocm', 'role.role') }}
    union all
    select policy.policy_version, 'bhi' as program, role.role
    from policy
    inner join role
        on {{ list_has('policy.countable_roles_bhi', 'role.role') }}
)

select * from final
