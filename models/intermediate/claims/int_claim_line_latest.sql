-- What billing submitted, as it is known now, with the family of its code and the code that it bills the month as.
with claim_line as (
    {{ latest_version('stg_feed__claim_line', ['claim_line_id']) }}
),

procedure_code as (
    select * from {{ ref('procedure_code') }}
),

final as (
    select
        claim_line.claim_line_id,
        claim_line.patient_id,
        claim_line.procedure_code,
        coalesce(procedure_code.bills_as, claim_line.procedure_code) as billed_code,
        procedure_code.code_family,
        claim_line.units,
        claim_line.service_on,
        {{ month_of('claim_line.service_on') }} as service_month,
        claim_line.billing_practitioner_id,
        claim_line.status,
        claim_line.status in ('submitted', 'paid') as is_standing,
        claim_line.paid_amount_usd,
        claim_line.denial_reason
    from claim_line
    left join procedure_code
        on claim_line.procedure_code = procedure_code.procedure_code
        and {{ in_period('claim_line.service_on', 'procedure_code.valid_from', 'procedure_code.valid_to') }}
)

select * from final
