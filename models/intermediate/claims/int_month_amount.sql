-- The expected amounts of a month's codes, and of those of its next tier; null where a rate is not known.
with month_code as (
    select * from {{ ref('int_month_code') }}
),

month_chain as (
    select * from {{ ref('int_month_chain') }}
),

facility_setting as (
    select * from {{ ref('facility_setting') }}
),

code_rate as (
    select * from {{ ref('int_code_rate') }}
),

placed as (
    select
        month_code.*,
        month_chain.policy_version,
        month_chain.date_of_service,
        facility_setting.place_of_service,
        coalesce(facility_setting.setting, 'non_facility') as setting
    from month_code
    inner join month_chain
        on month_code.knowledge_id = month_chain.knowledge_id
        and month_code.patient_id = month_chain.patient_id
        and month_code.program = month_chain.program
        and month_code.service_month = month_chain.service_month
    left join facility_setting
        on month_chain.facility_type = facility_setting.facility_type
        and {{ in_period('month_chain.date_of_service', 'facility_setting.valid_from', 'facility_setting.valid_to') }}
),

rated as (
    select
        placed.*,
        {{ usd('base_rate.unit_amount_usd') }} as base_amount_usd,
        {{ usd('addon_rate.unit_amount_usd * placed.addon_units') }} as addon_amount_usd,
        {{ usd('next_base_rate.unit_amount_usd') }} as next_base_amount_usd,
        {{ usd('next_addon_rate.unit_amount_usd * placed.next_addon_units') }} as next_addon_amount_usd
    from placed
    {{ join_rate('base_rate', 'placed.base_code') }}
    {{ join_rate('addon_rate', 'placed.addon_code') }}
    {{ join_rate('next_base_rate', 'placed.next_base_code') }}
    {{ join_rate('next_addon_rate', 'placed.next_addon_code') }}
),

summed as (
    select
        rated.*,
        {{ month_sum('rated', '') }} as month_amount_usd,
        {{ month_sum('rated', 'next_') }} as next_amount_usd
    from rated
),

final as (
    select
        knowledge_id,
        patient_id,
        program,
        service_month,
        base_code,
        addon_code,
        addon_units,
        unbilled_minutes,
        place_of_service,
        base_amount_usd,
        addon_amount_usd,
        month_amount_usd,
        cast(minutes_to_next_tier as integer) as minutes_to_next_tier,
        case
            when minutes_to_next_tier is not null and coalesce(base_code, '') <> next_base_code
                then next_base_code
            else next_addon_code
        end as next_procedure_code,
        case
            when minutes_to_next_tier is not null
                then next_amount_usd - case when base_code is null then 0 else month_amount_usd end
        end as next_tier_amount_usd
    from summed
)

select * from final
