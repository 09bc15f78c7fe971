-- The last day up to the business date on which the patient of an episode in force answered item 9 of the PHQ-9 while no
-- total of it is known; whichever of the patient's episodes the answer belongs to.
with episode as (
    select * from {{ ref('int_episode_latest') }}
    where
        is_in_force
        and program_precedence is not null
),

answer as (
    select
        episode.episode_id,
        assessment_episode.taken_on,
        assessment.item9_score
    from {{ ref('int_assessment_latest') }} as assessment
    inner join {{ ref('int_assessment_episode') }} as assessment_episode
        on assessment.assessment_id = assessment_episode.assessment_id
    inner join episode
        on assessment.patient_id = episode.patient_id
        and assessment_episode.taken_on
        >= {{ add_days('episode.started_on', '-' ~ threshold_days('baseline_days_before_start')) }}
    where
        assessment.item9_score is not null
        -- A form that holds another scale, and only part of the PHQ-9, has the answer on the row of that scale.
        and ((assessment.score is null) = (assessment.counts_as = 'PHQ-9'))
        and assessment_episode.taken_on <= {{ as_of_date() }}
),

ranked as (
    select
        episode_id,
        taken_on,
        item9_score,
        row_number() over (partition by episode_id order by taken_on desc, item9_score desc) as day_rank
    from answer
),

final as (
    select
        episode_id,
        taken_on as answered_on,
        item9_score
    from ranked
    where day_rank = 1
)

select * from final
