-- No claim line of the month has a code that may not stand beside these.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

claim_line as (
    select * from {{ ref('int_claim_line_latest') }}
    where is_standing
),

code_exclusivity as (
    select * from {{ ref('code_exclusivity') }}
),

exclusive_pair as (
    select code_a as own_code, code_b as other_code, valid_from, valid_to from code_exclusivity
    union
    select code_b as own_code, code_a as other_code, valid_from, valid_to from code_exclusivity
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
    inner join exclusive_pair
        on claim_line.procedure_code = exclusive_pair.other_code
        and (
            claim_month.base_code = exclusive_pair.own_code
            or claim_month.addon_code = exclusive_pair.own_code
        )
        and {{ in_period('claim_month.date_of_service', 'exclusive_pair.valid_from', 'exclusive_pair.valid_to') }}
),

final as (
    select
        {{ check_row('no_exclusive_code', outcome_of('found.claim_line_id is null'),
            "'claim_line'", 'found.claim_line_id', 'found.service_on') }}
    from claim_month
    {{ join_found('found') }}
)

select * from final
