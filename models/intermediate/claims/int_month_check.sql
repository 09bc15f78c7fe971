-- Every check of every month, with the severity that the month's policy gives it.
with checked as (
    {%- for check_id in claim_checks() %}
    select * from {{ ref('int_check_' ~ check_id) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

claim_month as (
    select * from {{ ref('int_claim_month') }}
),

final as (
    select
        checked.patient_id,
        checked.program,
        checked.service_month,
        checked.check_id,
        case
            when {{ list_has('claim_month.review_checks', 'checked.check_id') }} then 'review'
            else 'block'
        end as severity,
        checked.outcome,
        checked.evidence_kind,
        checked.evidence_id,
        case when checked.evidence_id is not null then checked.evidence_on end as evidence_on
    from checked
    inner join claim_month
        on checked.patient_id = claim_month.patient_id
        and checked.program = claim_month.program
        and checked.service_month = claim_month.service_month
)

select * from final
