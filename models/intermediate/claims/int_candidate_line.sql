-- The base line and the add-on line of a month, for each knowledge.
with month_code as (
    select * from {{ ref('int_month_code') }}
),

final as (
    select
        month_code.knowledge_id,
        month_code.patient_id,
        month_code.program,
        month_code.service_month,
        {{ candidate_id('month_code', 'base') }} as candidate_id,
        month_code.base_code as procedure_code,
        1 as units
    from month_code
    where month_code.base_code is not null
    union all
    select
        month_code.knowledge_id,
        month_code.patient_id,
        month_code.program,
        month_code.service_month,
        {{ candidate_id('month_code', 'addon') }} as candidate_id,
        month_code.addon_code as procedure_code,
        month_code.addon_units as units
    from month_code
    where month_code.addon_code is not null
)

select * from final
