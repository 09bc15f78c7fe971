with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

month_chain as (
    select * from {{ ref('int_month_chain') }}
    where knowledge_id = 'current'
),

month_standing as (
    select * from {{ ref('int_month_standing') }}
),

submitted as (
    select * from {{ ref('int_submitted_month') }}
),

code_rung as (
    select * from {{ ref('int_code_rung') }}
),

-- Submitted codes of which the minutes reach as many units. A first month is worth more than a later one: its minutes
-- reach the base code of a later month too.
reached as (
    select distinct submitted.patient_id, submitted.program, submitted.service_month, submitted.procedure_code
    from submitted
    inner join month_chain
        on submitted.patient_id = month_chain.patient_id
        and submitted.program = month_chain.program
        and submitted.service_month = month_chain.service_month
    inner join code_rung
        on month_chain.policy_version = code_rung.policy_version
        and month_chain.program = code_rung.program
        and month_chain.code_path = code_rung.path
        and month_chain.date_of_service >= code_rung.valid_from
        and month_chain.date_of_service < code_rung.valid_until
        and submitted.billed_code = code_rung.procedure_code
    where
        code_rung.units >= submitted.billed_units
        and code_rung.floor_minutes <= month_chain.credited_minutes
        and (
            code_rung.month_type = month_chain.type_if_credited
            or (code_rung.rung = 'base' and code_rung.month_type = 'subsequent')
        )
),

judged as (
    select
        submitted.*,
        case when reached.procedure_code is null then 0 else 1 end as is_reached
    from submitted
    left join reached
        on submitted.patient_id = reached.patient_id
        and submitted.program = reached.program
        and submitted.service_month = reached.service_month
        and submitted.procedure_code = reached.procedure_code
),

standing as (
    select
        patient_id, program, service_month,
        {{ dbt.listagg(code_with_units('procedure_code', 'standing_units'), "';'", 'order by procedure_code') }}
            as submitted_codes,
        {{ dbt.listagg(code_with_units('billed_code', 'standing_units'), "';'", 'order by billed_code') }} as billed_codes,
        min(is_reached) as is_reached
    from judged
    where is_standing = 1
    group by patient_id, program, service_month
),

came_back as (
    select
        patient_id,
        program,
        service_month,
        max(is_denied) as is_denied,
        max(case when is_denied = 1 and is_standing = 0 then is_reached else 0 end) as is_refused,
        sum(paid_amount_usd) as paid_amount_usd,
        min(denial_reason) as denial_reason
    from judged
    group by patient_id, program, service_month
),

supported as (
    select
        claim_month.patient_id,
        claim_month.program,
        claim_month.service_month,
        month_standing.status,
        case
            when claim_month.addon_code is null then claim_month.base_code
            else claim_month.base_code || ';' || {{ code_with_units('claim_month.addon_code', 'claim_month.addon_units') }}
        end as candidate_codes,
        claim_month.month_amount_usd
    from claim_month
    inner join month_standing
        on claim_month.patient_id = month_standing.patient_id
        and claim_month.program = month_standing.program
        and claim_month.service_month = month_standing.service_month
    where
        claim_month.base_code is not null
        and month_standing.suppressed_by is null
),

either as (
    select patient_id, program, service_month from supported
    union
    select patient_id, program, service_month from came_back
),

final as (
    select
        either.patient_id,
        either.program,
        either.service_month,
        supported.candidate_codes,
        standing.submitted_codes,
        case
            when standing.submitted_codes is null and came_back.is_denied = 1 then 'denied'
            when standing.submitted_codes is null and supported.status = 'ready' then 'missed'
            when standing.submitted_codes is null and supported.candidate_codes is not null then 'not_ready'
            when standing.submitted_codes is null then 'voided'
            when supported.candidate_codes is null then 'submitted_without_support'
            when standing.billed_codes = supported.candidate_codes then 'captured'
            when standing.is_reached = 1 and came_back.is_refused = 1 then 'denied'
            when standing.is_reached = 1 then 'under_coded'
            else 'over_coded'
        end as outcome,
        cast(supported.month_amount_usd as decimal(18, 2)) as expected_amount_usd,
        cast(came_back.paid_amount_usd as decimal(18, 2)) as paid_amount_usd,
        came_back.denial_reason,
        cast(came_back.paid_amount_usd - supported.month_amount_usd as decimal(18, 2)) as paid_difference_usd
    from either
    left join supported
        on either.patient_id = supported.patient_id
        and either.program = supported.program
        and either.service_month = supported.service_month
    left join standing
        on either.patient_id = standing.patient_id
        and either.program = standing.program
        and either.service_month = standing.service_month
    left join came_back
        on either.patient_id = came_back.patient_id
        and either.program = came_back.program
        and either.service_month = came_back.service_month
)

select * from final
