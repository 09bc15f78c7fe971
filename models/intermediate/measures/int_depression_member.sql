-- The patients of each depression metric: excluded or not, met or not.
with cohort as (
    select * from {{ ref('int_depression_cohort') }}
),

judged as (
    select
        cohort.measure,
        cohort.period_start_on,
        cohort.patient_id,
        exclusion.reason as exclusion,
        coalesce(deciding.taken_on, cohort.index_on) as evidence_on,
        coalesce(deciding.score, cohort.index_score) as evidence_value,
        deciding.patient_id is not null as has_score,
        coalesce(deciding.is_remission, false) as is_remission,
        coalesce(deciding.is_response, false) as is_response
    from cohort
    left join {{ ref('int_depression_exclusion') }} as exclusion
        on cohort.measure = exclusion.measure
        and cohort.period_start_on = exclusion.period_start_on
        and cohort.patient_id = exclusion.patient_id
    left join {{ ref('int_depression_score') }} as deciding
        on cohort.measure = deciding.measure
        and cohort.period_start_on = deciding.period_start_on
        and cohort.patient_id = deciding.patient_id
),

named as (
    select
        judged.*,
        'cms159_depression_remission_12_months' as metric_id,
        judged.is_remission as is_met
    from judged
    where judged.measure = 'remission_twelve_months'
    union all
    select
        judged.*,
        'depression_followup_120_240_days' as metric_id,
        judged.has_score as is_met
    from judged
    where judged.measure = 'depression_followup'
    union all
    select
        judged.*,
        'depression_remission_120_240_days' as metric_id,
        judged.is_remission as is_met
    from judged
    where judged.measure = 'depression_followup'
    union all
    select
        judged.*,
        'depression_response_120_240_days' as metric_id,
        judged.is_response as is_met
    from judged
    where judged.measure = 'depression_followup'
),

final as (
    select
        metric_id,
        period_start_on,
        patient_id,
        exclusion is null as in_denominator,
        exclusion is null and is_met as in_numerator,
        'denominator_exclusion:' || exclusion as exclusion_reason,
        evidence_on,
        evidence_value
    from named
)

select * from final
