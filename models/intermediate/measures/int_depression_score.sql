-- The score that decides: the last one in the window after the index that has come, whatever its height.
with cohort as (
    select * from {{ ref('int_depression_cohort') }}
),

tool as (
    {{ codes_of(['PHQ 9 and PHQ 9M Tools']) }}
),

ranked as (
    select
        cohort.measure,
        cohort.period_start_on,
        cohort.patient_id,
        assessment.taken_on,
        assessment.score,
        assessment.score < assessment.remission_below as is_remission,
        assessment.score <= cohort.index_score * (1 - assessment.response_fraction) as is_response,
        row_number() over (
            partition by cohort.measure, cohort.period_start_on, cohort.patient_id
            order by assessment.taken_at desc, assessment.assessment_id desc
        ) as score_rank
    from cohort
    inner join {{ ref('int_assessment_valid') }} as assessment
        on cohort.patient_id = assessment.patient_id
        and assessment.taken_on >= cohort.decided_from
        and assessment.taken_on <= cohort.decided_until
        and assessment.taken_on <= {{ as_of_date() }}
    inner join tool
        on assessment.instrument = tool.code
        and tool.code_system = 'instrument'
),

final as (
    select
        measure,
        period_start_on,
        patient_id,
        taken_on,
        score,
        is_remission,
        is_response
    from ranked
    where score_rank = 1
)

select * from final
