-- What a later month of collaborative care is worth by the fee schedule: the mean over the active patients' payers today.
with active as (
    select
        patient_id,
        team_id
    from {{ ref('int_episode_latest') }}
    where
        program = 'cocm'
        and is_in_force
),

coverage as (
    select * from {{ ref('int_primary_coverage') }}
),

payer_policy as (
    select * from {{ ref('int_payer_policy_period') }}
    where
        valid_from <= {{ as_of_date() }}
        and valid_until > {{ as_of_date() }}
),

base_code as (
    select procedure_code from {{ ref('code_ladder') }}
    where
        program = 'cocm'
        and month_type = 'subsequent'
        and path = 'component'
        and rung = 'base'
        and {{ in_period(as_of_date(), 'valid_from', 'valid_to') }}
),

team as (
    select * from {{ ref('int_team_zoned') }}
),

facility_setting as (
    select * from {{ ref('facility_setting') }}
),

rate as (
    select * from {{ ref('int_code_rate') }}
    where
        valid_from <= {{ as_of_date() }}
        and valid_until > {{ as_of_date() }}
),

priced as (
    select
        active.team_id,
        rate.unit_amount_usd
    from active
    left join coverage
        on active.patient_id = coverage.patient_id
    inner join payer_policy
        on coalesce(coverage.payer_id, '') = payer_policy.payer_id
    cross join base_code
    left join team
        on active.team_id = team.team_id
    left join facility_setting
        on team.facility_type = facility_setting.facility_type
    inner join rate
        on payer_policy.policy_version = rate.policy_version
        and base_code.procedure_code = rate.procedure_code
        and coalesce(facility_setting.setting, 'non_facility') = rate.setting
),

final as (
    select
        'team' as entity_type,
        team_id as entity_id,
        {{ usd('sum(unit_amount_usd) / count(*)') }} as month_amount_usd
    from priced
    where team_id is not null
    group by team_id
    union all
    select
        'organization' as entity_type,
        'organization' as entity_id,
        {{ usd('sum(unit_amount_usd) / count(*)') }} as month_amount_usd
    from priced
    having count(*) > 0
)

select * from final
