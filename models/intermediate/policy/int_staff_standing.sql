-- In which role a practitioner works on a date, and whether a policy counts that role's minutes in a program; the
-- program `none` stands for time outside every episode.
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

judged as (
    select
        staffing.knowledge_id,
        staffing.practitioner_id,
        policy_program.policy_version,
        policy_program.program,
        staffing.role,
        staffing.team_id,
        staffing.fte,
        case when policy_role.role is null then 0 else 1 end as is_countable,
        staffing.valid_from,
        staffing.valid_until
    from staffing
    cross join policy_program
    left join policy_role
        on policy_program.policy_version = policy_role.policy_version
        and policy_program.program = policy_role.program
        and staffing.role = policy_role.role
    where staffing.valid_from < staffing.valid_until
),

final as (
    {{ first_in_force('judged', ['knowledge_id', 'practitioner_id', 'policy_version', 'program'],
        ['role', 'is_countable'],
        'row_in_force.is_countable desc, row_in_force.fte desc nulls last, row_in_force.team_id asc, row_in_force.role asc') }}
)

select * from final
