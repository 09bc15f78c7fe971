-- The last case review within an episode, and the oldest recommendation of it that was neither acted on nor declined by the
-- business date.
with case_review as (
    select * from {{ ref('int_case_review_latest') }}
),

episode as (
    select * from {{ ref('int_episode_latest') }}
    where is_in_force
),

dated as (
    select
        episode.episode_id,
        episode.started_on,
        case_review.recommendation,
        case_review.outcome,
        {{ local_date('case_review.reviewed_at', 'day_offset') }} as reviewed_on,
        {{ local_date('case_review.acted_at', 'act_offset') }} as act_on
    from episode
    inner join case_review
        on episode.patient_id = case_review.patient_id
    {{ join_offset_at('day_offset', 'coalesce(episode.time_zone, case_review.time_zone)', 'case_review.reviewed_at') }}
    {{ join_offset_at('act_offset', 'coalesce(episode.time_zone, case_review.time_zone)', 'case_review.acted_at') }}
),

final as (
    select
        episode_id,
        max(reviewed_on) as last_case_review_on,
        min(case
            when
                (act_on > {{ as_of_date() }} or (act_on is null and outcome is null))
                and recommendation is not null
                and recommendation <> 'continue'
                then reviewed_on
        end) as oldest_open_recommendation_on
    from dated
    where
        reviewed_on >= started_on
        and reviewed_on <= {{ as_of_date() }}
    group by episode_id
)

select * from final
