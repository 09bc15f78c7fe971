-- Where an episode stands on its primary scale in a reporting month: its baseline and the latest score after it.
with enrolled as (
    select * from {{ ref('int_state_report_enrolled_month') }}
),

score as (
    select * from {{ ref('int_state_report_score') }}
    where is_primary_scale
),

-- Each later score until the next one; an open end is a date, so that engines can join by keys.
later as (
    select
        score.*,
        coalesce(score.next_taken_on, cast('9999-12-31' as date)) as until_on
    from score
    where score.score_number > 1
),

scale as (
    select * from {{ ref('state_report_instrument') }}
),

begun as (
    select
        enrolled.state,
        enrolled.setting_from,
        enrolled.month,
        enrolled.episode_id,
        enrolled.through_on,
        baseline.counts_as,
        baseline.score as baseline_score,
        scale.elevated_at_least,
        scale.improved_fraction,
        scale.improved_points,
        scale.improved_below
    from enrolled
    inner join score as baseline
        on enrolled.state = baseline.state
        and enrolled.setting_from = baseline.setting_from
        and enrolled.episode_id = baseline.episode_id
        and enrolled.through_on >= baseline.taken_on
        and baseline.score_number = 1
    inner join scale
        on baseline.state = scale.state
        and baseline.counts_as = scale.instrument
        and {{ in_period('enrolled.month', 'scale.valid_from', 'scale.valid_to') }}
),

final as (
    select
        begun.state,
        begun.month,
        begun.episode_id,
        begun.counts_as as primary_scale,
        begun.baseline_score,
        latest.score as latest_score,
        coalesce(begun.baseline_score >= begun.elevated_at_least, false) as is_elevated,
        coalesce(
            begun.baseline_score - latest.score >= begun.improved_fraction * begun.baseline_score
            and latest.score < begun.baseline_score,
            false
        )
        or coalesce(begun.baseline_score - latest.score >= begun.improved_points, false)
        or coalesce(latest.score < begun.improved_below, false) as is_improved
    from begun
    left join later as latest
        on begun.state = latest.state
        and begun.setting_from = latest.setting_from
        and begun.episode_id = latest.episode_id
        and begun.through_on >= latest.taken_on
        and begun.through_on < latest.until_on
)

select * from final
