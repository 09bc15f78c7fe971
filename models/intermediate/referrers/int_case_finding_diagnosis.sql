-- The ranges of ICD-10-CM codes that a rule of case finding names; both ends compared by prefix, without the dot.
with rule_row as (
    select
        rule_id,
        valid_from,
        valid_to,
        upper(replace(diagnosis_codes, '.', '')) as diagnosis_codes
    from {{ ref('case_finding_rule') }}
    where diagnosis_codes is not null
),

member as (
    {{ split_list('rule_row', ['rule_id', 'valid_from', 'valid_to'], 'diagnosis_codes', 'code_range') }}
),

final as (
    select
        rule_id,
        valid_from,
        valid_to,
        {{ dbt.split_part('code_range', "'-'", 1) }} as first_code,
        case
            when code_range like '%-%' then {{ dbt.split_part('code_range', "'-'", 2) }}
            else code_range
        end as last_code
    from member
    where code_range <> ''
)

select * from final
