-- The collaborative care patients of a period, each with the one episode that stands for the period.
with episode as (
    select * from {{ ref('int_episode_latest') }}
    where
        program = 'cocm'
        and has_force
),

period as (
    select * from {{ ref('int_period') }}
    where period_type in {{ cocm_period_types() }}
),

in_force as (
    select
        episode.patient_id,
        episode.episode_id,
        episode.team_id,
        episode.care_manager_id,
        episode.started_on,
        episode.ended_on,
        period.period_type,
        period.period_start_on,
        period.period_end_on,
        coalesce(episode.ended_on <= period.period_end_on, false) as is_ended,
        case when episode.ended_on < period.period_end_on then episode.ended_on else period.period_end_on end as last_day_on,
        row_number() over (
            partition by episode.patient_id, period.period_type, period.period_start_on
            order by
                case when episode.ended_on < period.period_end_on then 2 else 1 end asc,
                episode.started_on desc,
                episode.episode_id asc
        ) as episode_rank
    from episode
    inner join period
        on episode.started_on <= period.period_end_on
        and coalesce(episode.ended_on, {{ last_day_of_time() }}) >= period.period_start_on
    where coalesce(episode.ended_on, {{ last_day_of_time() }}) >= episode.started_on
),

final as (
    select
        patient_id,
        period_type,
        period_start_on,
        period_end_on,
        episode_id,
        team_id,
        care_manager_id,
        started_on,
        ended_on,
        is_ended,
        last_day_on,
        cast({{ days_between('started_on', 'last_day_on') }} as integer) as days_in_treatment
    from in_force
    where episode_rank = 1
)

select * from final
