-- The baseline and the latest score of an episode on the last day of each period in which its patient is active.
with active as (
    select * from {{ ref('int_cocm_active') }}
),

baseline as (
    select * from {{ ref('int_episode_baseline') }}
    where counts_as in ('PHQ-9', 'GAD-7')
),

score as (
    select
        episode_id,
        counts_as,
        score,
        taken_on as valid_from,
        coalesce(
            lead(taken_on) over (partition by episode_id, counts_as order by taken_on),
            {{ last_day_of_time() }}
        ) as valid_until
    from {{ ref('int_episode_score') }}
),

final as (
    select
        active.patient_id,
        active.period_type,
        active.period_start_on,
        baseline.counts_as,
        baseline.baseline_score,
        coalesce(score.score, baseline.baseline_score) as latest_score,
        coalesce(score.valid_from, baseline.baseline_on) as latest_on
    from active
    inner join baseline
        on active.episode_id = baseline.episode_id
        and active.period_end_on >= baseline.baseline_on
    left join score
        on baseline.episode_id = score.episode_id
        and baseline.counts_as = score.counts_as
        and active.period_end_on >= score.valid_from
        and active.period_end_on < score.valid_until
)

select * from final
