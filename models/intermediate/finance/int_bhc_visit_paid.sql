-- What was paid for a visit of a behavioral health consultant, from the claim lines that name the visit.
with claim_line as (
    {{ latest_version('stg_feed__claim_line', ['claim_line_id']) }}
),

procedure_code as (
    select * from {{ ref('procedure_code') }}
),

visit as (
    select * from {{ ref('int_bhc_visit') }}
),

final as (
    select
        visit.encounter_id,
        visit.team_id,
        {{ month_of('visit.visit_on') }} as visit_month,
        sum(claim_line.paid_amount_usd) as paid_usd
    from claim_line
    inner join visit
        on claim_line.encounter_id = visit.encounter_id
    left join procedure_code
        on claim_line.procedure_code = procedure_code.procedure_code
        and {{ in_period('claim_line.service_on', 'procedure_code.valid_from', 'procedure_code.valid_to') }}
    where
        claim_line.status = 'paid'
        and claim_line.paid_amount_usd is not null
        -- The minutes of a month are the ledger's to count, whatever visit a line names.
        and coalesce(procedure_code.code_family, 'other') not in ('cocm', 'bhi')
    group by visit.encounter_id, visit.team_id, visit.visit_on
)

select * from final
