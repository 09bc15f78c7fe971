-- Case reviews up to as_of_date, each with its episode and the local dates on which it was held, told and acted on.
-- The episode is the one in force on the local date: cocm before bhi, then the latest start, then the lowest id.
with case_review as (
    select * from {{ ref('int_case_review_latest') }}
),

episode as (
    select * from {{ ref('int_episode_latest') }}
    where
        has_force
        and program in ('cocm', 'bhi')
),

paired as (
    select
        case_review.review_id,
        episode.episode_id,
        episode.team_id,
        episode.program_precedence,
        episode.started_on,
        episode.ended_on,
        coalesce(episode.time_zone, case_review.time_zone) as time_zone,
        case_review.reviewed_at
    from case_review
    inner join episode
        on case_review.patient_id = episode.patient_id
),

dated as (
    select
        paired.*,
        {{ local_date('paired.reviewed_at', 'day_offset') }} as reviewed_on
    from paired
    {{ join_offset_at('day_offset', 'paired.time_zone', 'paired.reviewed_at') }}
),

ranked as (
    select
        dated.*,
        row_number() over (
            partition by dated.review_id
            order by dated.program_precedence asc, dated.started_on desc, dated.episode_id asc
        ) as episode_rank
    from dated
    where
        dated.started_on <= dated.reviewed_on
        and (dated.ended_on is null or dated.ended_on >= dated.reviewed_on)
),

zoned as (
    select
        case_review.*,
        ranked.episode_id,
        ranked.team_id,
        coalesce(ranked.time_zone, case_review.time_zone) as local_zone
    from case_review
    left join ranked
        on case_review.review_id = ranked.review_id
        and ranked.episode_rank = 1
),

local as (
    select
        zoned.review_id,
        zoned.patient_id,
        zoned.episode_id,
        zoned.team_id,
        zoned.psychiatric_consultant_id,
        zoned.care_manager_id,
        zoned.recommendation,
        zoned.outcome,
        {{ local_date('zoned.reviewed_at', 'review_offset') }} as reviewed_on,
        {{ local_date('zoned.communicated_at', 'told_offset') }} as told_on,
        {{ local_date('zoned.acted_at', 'act_offset') }} as act_on
    from zoned
    {{ join_offset_at('review_offset', 'zoned.local_zone', 'zoned.reviewed_at') }}
    {{ join_offset_at('told_offset', 'zoned.local_zone', 'zoned.communicated_at') }}
    {{ join_offset_at('act_offset', 'zoned.local_zone', 'zoned.acted_at') }}
),

final as (
    select
        review_id,
        patient_id,
        episode_id,
        team_id,
        psychiatric_consultant_id,
        care_manager_id,
        recommendation,
        reviewed_on,
        case when told_on <= {{ as_of_date() }} then told_on end as communicated_on,
        case when act_on <= {{ as_of_date() }} then act_on end as acted_on,
        case when act_on is null or act_on <= {{ as_of_date() }} then outcome end as outcome
    from local
    where reviewed_on <= {{ as_of_date() }}
)

select * from final
