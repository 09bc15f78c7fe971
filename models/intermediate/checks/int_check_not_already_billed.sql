-- No claim line of the month has a code of the same family, by any practitioner.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

claim_line as (
    select * from {{ ref('int_claim_line_latest') }}
    where is_standing
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
        and claim_month.program = claim_line.code_family
),

final as (
    select
        {{ check_row('not_already_billed', outcome_of('found.claim_line_id is null'),
            "'claim_line'", 'found.claim_line_id', 'found.service_on') }}
    from claim_month
    {{ join_found('found') }}
)

select * from final
