-- Case reviews of collaborative care patients by their local dates: that of the review, and that of acting on it.
with case_review as (
    select * from {{ ref('int_case_review_latest') }}
),

episode as (
    select * from {{ ref('int_episode_latest') }}
    where
        program = 'cocm'
        and has_force
),

dated as (
    select
        episode.episode_id,
        case_review.review_id,
        case_review.outcome,
        {{ local_date('case_review.reviewed_at', 'review_offset') }} as reviewed_on,
        case when case_review.acted_at is not null then {{ local_date('case_review.acted_at', 'act_offset') }} end as acted_on
    from episode
    inner join case_review
        on episode.patient_id = case_review.patient_id
    {{ join_offset_at('review_offset', 'coalesce(episode.time_zone, case_review.time_zone)', 'case_review.reviewed_at') }}
    {{ join_offset_at('act_offset', 'coalesce(episode.time_zone, case_review.time_zone)', 'case_review.acted_at') }}
),

final as (
    select
        episode_id,
        review_id,
        reviewed_on,
        case when outcome = 'acted' then coalesce(acted_on, reviewed_on) end as changed_on
    from dated
)

select * from final
