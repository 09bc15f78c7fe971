-- The codes of each value set in force, under each name that their code system goes by.
with listed as (
    select * from {{ ref('value_set') }}
    where {{ in_period(as_of_date(), 'valid_from', 'valid_to') }}
),

other_name as (
    select
        code as other_system,
        value as code_system
    from {{ ref('code_map') }}
    where
        feed = 'fhir'
        and "column" = 'system'
        and {{ in_period(as_of_date(), 'valid_from', 'valid_to') }}
),

named as (
    select
        value_set,
        code_system,
        code
    from listed
    union
    select
        listed.value_set,
        other_name.other_system as code_system,
        listed.code
    from listed
    inner join other_name
        on listed.code_system = other_name.code_system
),

final as (
    select
        value_set,
        code_system,
        code,
        upper(replace(code, '.', '')) as bare_code
    from named
)

select * from final
