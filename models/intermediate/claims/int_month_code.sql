-- The codes that a month's minutes reach, and the least addition that would change them.
with month_chain as (
    select * from {{ ref('int_month_chain') }}
),

code_rung as (
    select * from {{ ref('int_code_rung') }}
),

rung_of_month as (
    select
        month_chain.knowledge_id,
        month_chain.patient_id,
        month_chain.program,
        month_chain.service_month,
        month_chain.credited_minutes,
        code_rung.rung,
        code_rung.procedure_code,
        code_rung.units,
        code_rung.floor_minutes,
        code_rung.most_minutes
    from month_chain
    inner join code_rung
        on month_chain.policy_version = code_rung.policy_version
        and month_chain.program = code_rung.program
        and month_chain.code_path = code_rung.path
        and month_chain.type_if_credited = code_rung.month_type
        and month_chain.date_of_service >= code_rung.valid_from
        and month_chain.date_of_service < code_rung.valid_until
),

reached as (
    select
        knowledge_id,
        patient_id,
        program,
        service_month,
        credited_minutes,
        {{ codes_reached('credited_minutes') }},
        min(case when floor_minutes > credited_minutes then floor_minutes end) as next_floor_minutes,
        max(most_minutes) as most_minutes
    from rung_of_month
    group by knowledge_id, patient_id, program, service_month, credited_minutes
),

reached_next as (
    select
        rung_of_month.knowledge_id,
        rung_of_month.patient_id,
        rung_of_month.program,
        rung_of_month.service_month,
        {{ codes_reached('reached.next_floor_minutes') }}
    from rung_of_month
    inner join reached
        on rung_of_month.knowledge_id = reached.knowledge_id
        and rung_of_month.patient_id = reached.patient_id
        and rung_of_month.program = reached.program
        and rung_of_month.service_month = reached.service_month
    where reached.next_floor_minutes is not null
    group by
        rung_of_month.knowledge_id,
        rung_of_month.patient_id,
        rung_of_month.program,
        rung_of_month.service_month
),

final as (
    select
        month_chain.knowledge_id,
        month_chain.patient_id,
        month_chain.program,
        month_chain.service_month,
        coalesce(reached.base_code, reached.below_base_code) as base_code,
        case when reached.base_code is not null and reached.addon_units > 0 then reached.addon_code end as addon_code,
        cast(
            case when reached.base_code is not null then coalesce(reached.addon_units, 0) else 0 end as integer
        ) as addon_units,
        cast(
            case
                when reached.base_code is not null and month_chain.credited_minutes > reached.most_minutes
                    then month_chain.credited_minutes - reached.most_minutes
                else 0
            end as integer
        ) as unbilled_minutes,
        reached.next_floor_minutes - month_chain.credited_minutes as minutes_to_next_tier,
        coalesce(reached_next.base_code, reached_next.below_base_code) as next_base_code,
        case when reached_next.base_code is not null and reached_next.addon_units > 0 then reached_next.addon_code end
            as next_addon_code,
        cast(coalesce(reached_next.addon_units, 0) as integer) as next_addon_units
    from month_chain
    left join reached
        on month_chain.knowledge_id = reached.knowledge_id
        and month_chain.patient_id = reached.patient_id
        and month_chain.program = reached.program
        and month_chain.service_month = reached.service_month
    left join reached_next
        on month_chain.knowledge_id = reached_next.knowledge_id
        and month_chain.patient_id = reached_next.patient_id
        and month_chain.program = reached_next.program
        and month_chain.service_month = reached_next.service_month
)

select * from final
