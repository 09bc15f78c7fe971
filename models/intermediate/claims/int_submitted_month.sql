-- What billing submitted for a patient's month in a program, one row a code, and what came back.
with claim_line as (
    select * from {{ ref('int_claim_line_latest') }}
    where code_family in ('cocm', 'bhi')
),

summed as (
    select
        patient_id,
        code_family as program,
        service_month,
        procedure_code,
        billed_code,
        sum(case when is_standing then units else 0 end) as standing_units,
        max(case when is_standing then 1 else 0 end) as is_standing,
        max(case when status = 'denied' then 1 else 0 end) as is_denied,
        sum(case when is_standing then paid_amount_usd end) as paid_amount_usd,
        min(case when status = 'denied' then denial_reason end) as denial_reason
    from claim_line
    group by patient_id, code_family, service_month, procedure_code, billed_code
),

final as (
    select
        summed.*,
        sum(summed.standing_units) over (
            partition by summed.patient_id, summed.program, summed.service_month, summed.billed_code
        ) as billed_units
    from summed
)

select * from final
