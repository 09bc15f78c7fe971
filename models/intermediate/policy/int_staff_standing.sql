-- In which role a practitioner works on a date, and whether a policy counts that role's minutes in a program; the
-- program `none` stands for time outside every episode. Policies that count the same roles are reckoned once.
with staffing as (
    select * from {{ ref('int_staffing_known') }}
),

policy as (
    select * from {{ ref('int_policy') }}
),

policy_role as (
    select * from {{ ref('int_policy_role') }}
),

policy_program as (
    select policy_version, 'cocm' as program from policy
    union all
    select policy_version, 'bhi' as program from policy
    union all
    select policy_version, 'none' as program from policy
),

countable as (
    select
        policy_program.policy_version,
        policy_program.program,
        coalesce({{ dbt.listagg('policy_role.role', "';'", 'order by policy_role.role') }}, '') as roles
    from policy_program
    left join policy_role
        on policy_program.policy_version = policy_role.policy_version
        and policy_program.program = policy_role.program
    group by
        policy_program.policy_version,
        policy_program.program
),

role_set as (
    select distinct roles from countable
),

role_counted as (
    select distinct
        countable.roles,
        policy_role.role
    from countable
    inner join policy_role
        on countable.policy_version = policy_role.policy_version
        and countable.program = policy_role.program
),

judged as (
    select
        staffing.knowledge_id,
        staffing.practitioner_id,
        role_set.roles,
        staffing.role,
        staffing.team_id,
        staffing.fte,
        case when role_counted.role is null then 0 else 1 end as is_countable,
        staffing.valid_from,
        staffing.valid_until
    from staffing
    cross join role_set
    left join role_counted
        on role_set.roles = role_counted.roles
        and staffing.role = role_counted.role
    where staffing.valid_from < staffing.valid_until
),

standing as (
    {{ first_in_force('judged', ['knowledge_id', 'practitioner_id', 'roles'],
        ['role', 'is_countable'],
        'row_in_force.is_countable desc, row_in_force.fte desc nulls last, row_in_force.team_id asc, row_in_force.role asc') }}
),

final as (
    select
        standing.knowledge_id,
        standing.practitioner_id,
        countable.policy_version,
        countable.program,
        standing.role,
        standing.is_countable,
        standing.valid_from,
        standing.valid_until
    from standing
    inner join countable
        on standing.roles = countable.roles
)

select * from final
