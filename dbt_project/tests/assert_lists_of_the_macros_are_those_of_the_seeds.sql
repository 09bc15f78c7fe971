-- A returned row is a name that a list in dbt_project/macros has and the seed has not, or the other way round: time
-- of such a disposition or class is counted nowhere, such a check is never made, such a flag never raised. Look first at
-- dbt_project/macros/{ledger,checks,registry}.sql.
{{ config(severity='error', meta={'owner': 'data_engineering'}) }}

with listed as (
    {%- for disposition in uncredited_dispositions() %}
    select 'disposition' as list, '{{ disposition }}' as member
    union all
    {%- endfor %}
    {%- for activity_class in activity_classes() %}
    select 'activity_class' as list, '{{ activity_class }}' as member
    union all
    {%- endfor %}
    {%- for flag in registry_flags() %}
    select 'registry_flag' as list, '{{ flag }}' as member
    union all
    {%- endfor %}
    {%- for check_id in claim_checks() %}
    select 'claim_check' as list, '{{ check_id }}' as member
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

seeded as (
    select 'disposition' as list, disposition as member from {{ ref('disposition') }} where not is_credited
    union
    select 'activity_class' as list, activity_class as member from {{ ref('activity_type') }} where is_countable
    union
    select 'registry_flag' as list, flag as member from {{ ref('registry_flag') }}
    union
    select 'claim_check' as list, check_id as member from {{ ref('claim_check') }}
),

final as (
    select
        listed.list,
        listed.member,
        seeded.member as seeded_member
    from listed
    full outer join seeded
        on listed.list = seeded.list
        and listed.member = seeded.member
    where
        listed.member is null
        or seeded.member is null
)

select * from final
