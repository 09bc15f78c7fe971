-- The ranges of ICD-10-CM codes that a policy accepts; both ends compared by prefix, without the dot.
with policy as (
    select
        policy_version,
        upper(replace(diagnosis_codes, '.', '')) as diagnosis_codes
    from {{ ref('int_policy') }}
    where diagnosis_codes is not null
),

member as (
    {{ split_list('policy', ['policy_version'], 'diagnosis_codes', 'code_range') }}
),

final as (
    select
        policy_version,
        {{ dbt.split_part('code_range', "'-'", 1) }} as first_code,
        case
            when code_range like '%-%' then {{ dbt.split_part('code_range', "'-'", 2) }}
            else code_range
        end as last_code
    from member
    where code_range <> ''
)

select * from final
