-- The scores that an episode in force is shown with: those of its patient from its baseline on, whichever of the patient's
-- episodes they belong to, one a day, the last taken, numbered from the last. Change is measured from its own baseline.
with episode as (
    select
        episode_id,
        patient_id
    from {{ ref('int_episode_latest') }}
    where is_in_force
),

baseline as (
    select * from {{ ref('int_episode_baseline') }}
),

assessment as (
    select * from {{ ref('fct_assessment') }}
    where taken_on <= {{ as_of_date() }}
),

instrument as (
    select * from {{ ref('assessment_instrument') }}
),

of_day as (
    select
        episode.episode_id,
        assessment.counts_as,
        assessment.score,
        assessment.item9_score,
        assessment.taken_on,
        baseline.baseline_score,
        cast(baseline.baseline_score - assessment.score as double) / nullif(baseline.baseline_score, 0)
        >= instrument.response_fraction as is_response,
        assessment.is_remission,
        row_number() over (
            partition by episode.episode_id, assessment.counts_as, assessment.taken_on
            order by assessment.taken_at desc, assessment.assessment_id desc
        ) as day_rank
    from episode
    inner join baseline
        on episode.episode_id = baseline.episode_id
    inner join assessment
        on episode.patient_id = assessment.patient_id
        and baseline.counts_as = assessment.counts_as
        and (
            assessment.taken_on >= baseline.baseline_on
            or assessment.assessment_id = baseline.baseline_assessment_id
        )
    left join instrument
        on assessment.instrument = instrument.instrument
        and {{ in_period('assessment.taken_on', 'instrument.valid_from', 'instrument.valid_to') }}
),

final as (
    select
        episode_id,
        counts_as,
        score,
        item9_score,
        taken_on,
        baseline_score,
        is_response,
        is_remission,
        row_number() over (partition by episode_id, counts_as order by taken_on desc) as latest_rank
    from of_day
    where day_rank = 1
)

select * from final
