-- Emergency visits and stays in as many days before and after enrolment, in the month in which the days after are over.
with episode as (
    select
        episode_id,
        patient_id,
        started_on,
        {{ add_days('started_on', threshold_days('savings_window_days') ~ ' - 1') }} as followed_until,
        {{ add_days('started_on', '-' ~ threshold_days('savings_window_days')) }} as compared_from
    from {{ ref('int_episode_latest') }}
    where
        program = 'cocm'
        and has_force
        and (ended_on is null or ended_on >= started_on)
),

encounter as (
    select
        patient_id,
        started_on,
        case when encounter_class = 'emergency' then 'emergency_after_before' else 'inpatient_after_before' end as source_id
    from {{ ref('int_encounter_latest') }}
    where
        encounter_class in ('emergency', 'inpatient', 'observation')
        and status in ('arrived', 'in-progress', 'finished')
),

used as (
    select
        encounter.source_id,
        episode.followed_until,
        case when encounter.started_on >= episode.started_on then 1 else 0 end as is_after
    from episode
    inner join encounter
        on episode.patient_id = encounter.patient_id
        and episode.compared_from <= encounter.started_on
        and episode.followed_until >= encounter.started_on
    where episode.followed_until <= {{ as_of_date() }}
),

final as (
    select
        source_id,
        {{ month_of('followed_until') }} as month,
        cast(sum(is_after) as decimal(18, 2)) as numerator,
        cast(sum(1 - is_after) as decimal(18, 2)) as denominator
    from used
    group by source_id, {{ month_of('followed_until') }}
)

select * from final
