-- A valid score by a validated instrument stands in the month or shortly before it.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

assessment as (
    select * from {{ ref('int_assessment_valid') }}
    where is_validated
),

dated as (
    select
        claim_month.patient_id,
        claim_month.program,
        claim_month.service_month,
        claim_month.month_end_on,
        claim_month.scale_max_age_days,
        assessment.assessment_id,
        {{ local_date('assessment.taken_at', 'day_offset') }} as taken_on
    from claim_month
    inner join assessment
        on claim_month.patient_id = assessment.patient_id
        and assessment.taken_at >= {{ add_days('claim_month.service_month', '-claim_month.scale_max_age_days - 2') }}
        and assessment.taken_at < {{ add_days('claim_month.month_end_on', 3) }}
    {{ join_offset_at('day_offset', 'coalesce(claim_month.episode_time_zone, assessment.time_zone)',
        'assessment.taken_at') }}
),

found as (
    select
        {{ found_columns('claim_month.taken_on desc, claim_month.assessment_id') }},
        claim_month.assessment_id,
        claim_month.taken_on
    from dated as claim_month
    where
        claim_month.taken_on >= {{ add_days('claim_month.service_month', '-claim_month.scale_max_age_days') }}
        and claim_month.taken_on <= claim_month.month_end_on
),

final as (
    select
        {{ check_row('validated_scale', outcome_of('found.assessment_id is not null'),
            "'assessment'", 'found.assessment_id', 'found.taken_on') }}
    from claim_month
    {{ join_found('found') }}
)

select * from final
