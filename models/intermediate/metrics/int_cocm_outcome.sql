-- How the active patients of a period fare whose baseline is high enough to be followed.
with active as (
    select * from {{ ref('int_cocm_active') }}
),

score as (
    select * from {{ ref('int_cocm_score') }}
    where baseline_score >= {{ threshold('baseline_cohort_score') }}
),

score_kind as (
    select
        patient_id,
        period_type,
        period_start_on,
        max(case when counts_as = 'PHQ-9' then 1 else 0 end) as has_phq
    from {{ ref('int_cocm_score') }}
    group by patient_id, period_type, period_start_on
),

instrument as (
    select * from {{ ref('assessment_instrument') }}
),

review as (
    select * from {{ ref('int_cocm_review_period') }}
),

coverage as (
    select * from {{ ref('int_coverage_period') }}
    where knowledge_id = 'current'
),

final as (
    select
        active.patient_id,
        active.period_type,
        active.period_start_on,
        active.team_id,
        nullif(coverage.payer_id, '') as payer_id,
        active.days_in_treatment,
        active.is_ended,
        score.counts_as,
        score.baseline_score,
        score.latest_score,
        score.latest_on,
        score.counts_as = case when score_kind.has_phq = 1 then 'PHQ-9' else 'GAD-7' end as is_measured_by,
        case
            when score.baseline_score - score.latest_score >= instrument.response_fraction * score.baseline_score then 1
            else 0
        end as is_response,
        case when score.latest_score < instrument.remission_below then 1 else 0 end as is_remission,
        case
            when
                score.latest_score < instrument.improved_below
                or score.baseline_score - score.latest_score >= instrument.response_fraction * score.baseline_score
                then 1
            else 0
        end as is_improved,
        coalesce(review.is_reviewed, 0) as is_reviewed,
        coalesce(review.is_changed, 0) as is_changed
    from active
    inner join score
        on active.patient_id = score.patient_id
        and active.period_type = score.period_type
        and active.period_start_on = score.period_start_on
    inner join score_kind
        on active.patient_id = score_kind.patient_id
        and active.period_type = score_kind.period_type
        and active.period_start_on = score_kind.period_start_on
    inner join instrument
        on score.counts_as = instrument.instrument
        and {{ in_period('score.latest_on', 'instrument.valid_from', 'instrument.valid_to') }}
    left join review
        on active.patient_id = review.patient_id
        and active.period_type = review.period_type
        and active.period_start_on = review.period_start_on
    left join coverage
        on active.patient_id = coverage.patient_id
        and active.period_end_on >= coverage.valid_from
        and active.period_end_on < coverage.valid_until
)

select * from final
