-- The first score of an instrument in an episode, from the days before its start in which a baseline may be taken.
with assessment as (
    select * from {{ ref('int_assessment_valid') }}
),

episode as (
    select * from {{ ref('int_episode_latest') }}
    where
        has_force
        and program_precedence is not null
),

baseline_window as (
    select value as days from {{ ref('threshold') }}
    where
        name = 'baseline_days_before_start'
        and {{ in_period(as_of_date(), 'valid_from', 'valid_to') }}
),

dated as (
    select
        episode.episode_id,
        episode.started_on,
        episode.ended_on,
        assessment.assessment_id,
        assessment.counts_as,
        assessment.score,
        assessment.taken_at,
        {{ local_date('assessment.taken_at', 'day_offset') }} as taken_on
    from assessment
    inner join episode
        on assessment.patient_id = episode.patient_id
    {{ join_offset_at('day_offset', 'coalesce(episode.time_zone, assessment.time_zone)', 'assessment.taken_at') }}
),

ranked as (
    select
        dated.*,
        row_number() over (
            partition by dated.episode_id, dated.counts_as
            order by dated.taken_on asc, dated.taken_at asc, dated.assessment_id asc
        ) as score_rank
    from dated
    cross join baseline_window
    where
        dated.taken_on >= {{ add_days('dated.started_on', '-cast(baseline_window.days as integer)') }}
        and (dated.ended_on is null or dated.taken_on <= dated.ended_on)
        and dated.taken_on <= {{ as_of_date() }}
),

final as (
    select
        episode_id,
        counts_as,
        assessment_id as baseline_assessment_id,
        score as baseline_score,
        taken_on as baseline_on
    from ranked
    where score_rank = 1
)

select * from final
