-- The episode that a score or an answer to item 9 belongs to: the one in force on its local date (cocm before bhi before
-- pcbh, then the latest start, then the lowest id), else the one that begins within the days before whose start a score
-- may be its baseline.
with assessment as (
    select * from {{ ref('int_assessment_latest') }}
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
        assessment.assessment_id,
        episode.episode_id,
        episode.program_precedence,
        episode.started_on,
        episode.ended_on,
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
            partition by dated.assessment_id
            order by
                case when dated.started_on <= dated.taken_on then 1 else 2 end asc,
                dated.program_precedence asc,
                dated.started_on desc,
                dated.episode_id asc
        ) as episode_rank
    from dated
    cross join baseline_window
    where
        (dated.ended_on is null or dated.ended_on >= dated.taken_on)
        and dated.taken_on >= {{ add_days('dated.started_on', '-cast(baseline_window.days as integer)') }}
),

final as (
    select
        assessment_id,
        episode_id,
        taken_on
    from ranked
    where episode_rank = 1
)

select * from final
