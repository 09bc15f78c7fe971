-- A returned row is a pair of candidates of one patient's month that exclude each other and are both still to be
-- billed. Look first at int_month_standing: it keeps one of two programs and makes the other not_billable.
{{ config(severity='error', meta={'owner': 'billing'}) }}

with candidate as (
    select * from {{ ref('fct_claim_candidate') }}
    where
        procedure_code is not null
        and suppressed_by is null
),

code_exclusivity as (
    select * from {{ ref('code_exclusivity') }}
),

final as (
    select
        one.candidate_id,
        other.candidate_id as other_candidate_id
    from candidate as one
    inner join candidate as other
        on one.patient_id = other.patient_id
        and one.service_month = other.service_month
        and one.program <> other.program
    inner join code_exclusivity
        on one.procedure_code = code_exclusivity.code_a
        and other.procedure_code = code_exclusivity.code_b
        and {{ in_period('one.date_of_service', 'code_exclusivity.valid_from', 'code_exclusivity.valid_to') }}
)

select * from final
