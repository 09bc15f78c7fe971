-- Which of the code lists that visits carry hold a code of the visits that a state counts.
with carried as (
    select distinct billing_codes
    from {{ ref('int_encounter_latest') }}
    where
        service_line = 'primary_care'
        and status = 'finished'
        and billing_codes is not null
),

code as (
    {{ split_list('carried', ['billing_codes'], 'billing_codes', 'procedure_code') }}
),

setting as (
    select
        state,
        valid_from as setting_from,
        qualifying_codes
    from {{ ref('state_report_setting') }}
),

member as (
    {{ split_list('setting', ['state', 'setting_from'], 'qualifying_codes', 'code_range') }}
),

bound as (
    select
        state,
        setting_from,
        {{ dbt.split_part('code_range', "'-'", 1) }} as first_code,
        case
            when code_range like '%-%' then {{ dbt.split_part('code_range', "'-'", 2) }}
            else code_range
        end as last_code
    from member
    where code_range <> ''
),

final as (
    select distinct
        bound.state,
        bound.setting_from,
        code.billing_codes
    from code
    inner join bound
        on code.procedure_code >= bound.first_code
        and code.procedure_code <= bound.last_code
        and length(code.procedure_code) = length(bound.first_code)
)

select * from final
