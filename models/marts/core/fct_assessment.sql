{{ config(materialized='view') }}

with assessment as (
    select * from {{ ref('int_assessment_valid') }}
),

assessment_episode as (
    select * from {{ ref('int_assessment_episode') }}
),

baseline as (
    select * from {{ ref('int_episode_baseline') }}
),

compared as (
    select
        assessment.*,
        coalesce(assessment_episode.taken_on, assessment.taken_on) as local_taken_on,
        assessment_episode.episode_id,
        baseline.baseline_score,
        assessment.score - baseline.baseline_score as change_points
    from assessment
    left join assessment_episode
        on assessment.assessment_id = assessment_episode.assessment_id
    left join baseline
        on assessment_episode.episode_id = baseline.episode_id
        and assessment.counts_as = baseline.counts_as
),

final as (
    select
        assessment_id,
        patient_id,
        instrument,
        cast(score as integer) as score,
        local_taken_on as taken_on,
        episode_id,
        cast(baseline_score as integer) as baseline_score,
        cast(change_points as integer) as change_points,
        cast(change_points as double) / nullif(baseline_score, 0) as change_fraction,
        cast(-change_points as double) / nullif(baseline_score, 0) >= response_fraction as is_response,
        score < remission_below as is_remission,
        taken_at,
        cast(item9_score as integer) as item9_score,
        counts_as,
        site_columns
    from compared
)

select * from final
