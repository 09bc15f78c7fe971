-- The codes in force that ask for an item of a form, or name a form, under each name that their code system goes by.
with mapped as (
    select
        "column" as code_kind,
        system as code_system,
        code,
        value
    from {{ ref('code_map') }}
    where
        feed = 'assessment'
        and "column" in ('item', 'form')
        and {{ in_period(as_of_date(), 'valid_from', 'valid_to') }}
),

named as (
    select * from mapped
    union
    select
        mapped.code_kind,
        other_name.code as code_system,
        mapped.code,
        mapped.value
    from mapped
    inner join {{ ref('code_map') }} as other_name
        on mapped.code_system = other_name.value
        and other_name.feed = 'fhir'
        and other_name."column" = 'system'
        and {{ in_period(as_of_date(), 'other_name.valid_from', 'other_name.valid_to') }}
),

listed as (
    {{ split_list('named', ['code_kind', 'code_system', 'code', 'value'], 'value', 'member') }}
),

final as (
    select
        code_kind,
        code_system,
        code,
        {{ dbt.split_part('member', "'/'", 1) }} as instrument,
        case when code_kind = 'item' then member end as item_id,
        -- The two items of a PHQ-2 are those of a PHQ-9, too: by themselves they make the form that is named first.
        code_kind = 'form' or value = member or value like member || ';%' as tells_instrument
    from listed
)

select * from final
