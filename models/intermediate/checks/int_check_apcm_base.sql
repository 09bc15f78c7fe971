-- Add-on codes of advanced primary care stand beside its base code, of the same month and practitioner.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

claim_line as (
    select * from {{ ref('int_claim_line_latest') }}
    where code_family = 'apcm' and is_standing
),

code_ladder as (
    select distinct procedure_code from {{ ref('code_ladder') }}
    where path = 'apcm' and rung = 'base'
),

found as (
    select
        {{ found_columns('claim_line.service_on, claim_line.claim_line_id') }},
        claim_line.claim_line_id,
        claim_line.service_on
    from claim_month
    inner join claim_line
        on claim_month.patient_id = claim_line.patient_id
        and claim_month.service_month = claim_line.service_month
        and claim_month.billing_practitioner_id = claim_line.billing_practitioner_id
),

final as (
    select
        {{ check_row('apcm_base', outcome_of('found.claim_line_id is not null', 'code_ladder.procedure_code is null'),
            "'claim_line'", 'found.claim_line_id', 'found.service_on') }}
    from claim_month
    left join code_ladder
        on claim_month.base_code = code_ladder.procedure_code
    {{ join_found('found') }}
)

select * from final
