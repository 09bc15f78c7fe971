-- The scores of an episode by instrument up to the business date, numbered from the last: one a day, the last taken.
with assessment as (
    select * from {{ ref('fct_assessment') }}
    where
        episode_id is not null
        and taken_on <= {{ as_of_date() }}
),

of_day as (
    select
        assessment.*,
        row_number() over (
            partition by assessment.episode_id, assessment.counts_as, assessment.taken_on
            order by assessment.taken_at desc, assessment.assessment_id desc
        ) as day_rank
    from assessment
),

final as (
    select
        episode_id,
        counts_as,
        assessment_id,
        score,
        item9_score,
        taken_on,
        baseline_score,
        change_fraction,
        is_response,
        is_remission,
        row_number() over (partition by episode_id, counts_as order by taken_on desc) as latest_rank
    from of_day
    where day_rank = 1
)

select * from final
