-- The minutes from which a policy pays a code, for each unit of it: what code_ladder says, with the policy's own numbers.
with policy as (
    select * from {{ ref('int_policy') }}
),

code_ladder as (
    select * from {{ ref('code_ladder') }}
),

most_minutes as (
    select coalesce(max(credited_minutes), 0) as minutes from {{ ref('int_patient_month') }}
),

unit as (
    {{ dbt.generate_series(1500) }}
),

ladder as (
    select
        policy.policy_version,
        code_ladder.program,
        code_ladder.path,
        code_ladder.month_type,
        code_ladder.rung,
        code_ladder.procedure_code,
        policy.addon_block_minutes,
        policy.max_units_99494 as max_addon_units,
        case code_ladder.month_type
            when 'initial' then policy.target_initial_minutes
            else policy.target_subsequent_minutes
        end as target_minutes,
        case code_ladder.floor_column
            when 'target_initial_minutes' then policy.target_initial_minutes
            when 'target_subsequent_minutes' then policy.target_subsequent_minutes
            when 'addon_floor_minutes' then policy.addon_floor_minutes
            when 'g2214_floor_minutes' then policy.g2214_floor_minutes
            when 'bhi_floor_minutes' then policy.bhi_floor_minutes
        end as stated_floor_minutes,
        code_ladder.takes_midpoint and policy.time_rule = 'midpoint' as is_midpoint,
        coalesce(code_ladder.valid_from, {{ first_day() }}) as valid_from,
        {{ day_after('code_ladder.valid_to') }} as valid_until
    from policy
    cross join code_ladder
),

base as (
    select
        ladder.*,
        cast(case
            when ladder.is_midpoint then floor(ladder.stated_floor_minutes / 2) + 1
            else ladder.stated_floor_minutes
        end as integer) as floor_minutes
    from ladder
    where
        ladder.rung = 'base'
        and ladder.stated_floor_minutes is not null
),

-- The last minute that a capped add-on pays for; a cap of 0 ends where the first unit would begin.
capped as (
    select
        policy_version,
        program,
        path,
        month_type,
        valid_from,
        valid_until,
        cast(target_minutes + stated_floor_minutes + addon_block_minutes * max_addon_units - 1 as integer) as most_minutes
    from ladder
    where
        rung = 'addon'
        and stated_floor_minutes is not null
),

addon as (
    select
        ladder.*,
        unit.generated_number as units,
        cast(
            ladder.target_minutes + ladder.stated_floor_minutes
            + ladder.addon_block_minutes * (unit.generated_number - 1) as integer
        ) as floor_minutes
    from ladder
    cross join most_minutes
    inner join unit
        on unit.generated_number <= coalesce(ladder.max_addon_units, unit.generated_number)
        and ladder.addon_block_minutes * (unit.generated_number - 2) <= most_minutes.minutes
    where
        ladder.rung = 'addon'
        and ladder.stated_floor_minutes is not null
),

final as (
    select
        base.policy_version, base.program, base.path, base.month_type, base.rung, base.procedure_code, 1 as units,
        base.floor_minutes, capped.most_minutes, base.valid_from, base.valid_until
    from base
    left join capped
        on base.policy_version = capped.policy_version
        and base.program = capped.program
        and base.path = capped.path
        and base.month_type = capped.month_type
        and base.valid_from < capped.valid_until
        and base.valid_until > capped.valid_from
    union all
    select
        policy_version, program, path, month_type, rung, procedure_code, cast(units as integer) as units, floor_minutes,
        cast(null as integer) as most_minutes, valid_from, valid_until
    from addon
    union all
    select
        ladder.policy_version, ladder.program, ladder.path, ladder.month_type, ladder.rung, ladder.procedure_code,
        1 as units, cast(ladder.stated_floor_minutes as integer) as floor_minutes,
        cast(null as integer) as most_minutes, ladder.valid_from, ladder.valid_until
    from ladder
    left join base
        on ladder.policy_version = base.policy_version
        and ladder.program = base.program
        and ladder.path = base.path
        and ladder.month_type = base.month_type
        and ladder.valid_from < base.valid_until
        and ladder.valid_until > base.valid_from
    where
        ladder.rung = 'below_base'
        and ladder.stated_floor_minutes < coalesce(base.floor_minutes, ladder.stated_floor_minutes + 1)
)

select * from final
