with candidate as (
    select * from {{ ref('fct_claim_candidate') }}
),

month_check as (
    select * from {{ ref('int_month_check') }}
),

claim_check as (
    select * from {{ ref('claim_check') }}
),

final as (
    select
        candidate.candidate_id,
        month_check.check_id,
        month_check.severity,
        month_check.outcome,
        month_check.evidence_kind,
        month_check.evidence_id,
        month_check.evidence_on,
        case month_check.outcome
            when 'pass' then claim_check.sentence_pass
            when 'fail' then claim_check.sentence_fail
            else claim_check.sentence_not_applicable
        end as explanation,
        candidate.policy_version,
        claim_check.who_can_fix
    from candidate
    inner join month_check
        on candidate.patient_id = month_check.patient_id
        and candidate.program = month_check.program
        and candidate.service_month = month_check.service_month
    left join claim_check
        on month_check.check_id = claim_check.check_id
        and {{ in_period('candidate.date_of_service', 'claim_check.valid_from', 'claim_check.valid_to') }}
)

select * from final
