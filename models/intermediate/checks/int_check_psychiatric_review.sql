-- The psychiatric consultant reviewed the patient in the month.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

case_review as (
    select * from {{ ref('int_case_review_latest') }}
),

staffing as (
    select * from {{ ref('int_staffing_latest') }}
    where role = 'psychiatric_consultant'
),

dated as (
    select
        claim_month.patient_id,
        claim_month.program,
        claim_month.service_month,
        claim_month.month_end_on,
        case_review.review_id,
        case_review.psychiatric_consultant_id,
        {{ local_date('case_review.reviewed_at', 'day_offset') }} as reviewed_on
    from claim_month
    inner join case_review
        on claim_month.patient_id = case_review.patient_id
        and case_review.reviewed_at >= {{ add_days('claim_month.service_month', -2) }}
        and case_review.reviewed_at < {{ add_days('claim_month.month_end_on', 3) }}
    {{ join_offset_at('day_offset', 'coalesce(claim_month.episode_time_zone, case_review.time_zone)',
        'case_review.reviewed_at') }}
    where claim_month.program = 'cocm'
),

found as (
    select
        {{ found_columns('claim_month.reviewed_on, claim_month.review_id, staffing.team_id') }},
        claim_month.review_id,
        claim_month.reviewed_on
    from dated as claim_month
    inner join staffing
        on claim_month.psychiatric_consultant_id = staffing.practitioner_id
        and claim_month.reviewed_on >= staffing.valid_from
        and claim_month.reviewed_on < staffing.valid_until
    where
        claim_month.reviewed_on >= claim_month.service_month
        and claim_month.reviewed_on <= claim_month.month_end_on
),

final as (
    select
        {{ check_row('psychiatric_review', outcome_of('found.review_id is not null',
            "claim_month.program <> 'cocm' or claim_month.psychiatric_review_rule = 'none'"),
            "'case_review'", 'found.review_id', 'found.reviewed_on') }}
    from claim_month
    {{ join_found('found') }}
)

select * from final
