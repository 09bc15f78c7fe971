-- Episodes of a program whose minutes are billed by the month, and of APCM, which changes the codes; those in force on
-- some day, each with the zone that its own team was known to have.
with episode as (
    {{ latest_known('stg_feed__episode', ['episode_id'], patient='patient_id') }}
),

facility as (
    select * from {{ ref('int_facility_known') }}
),

final as (
    select
        episode.knowledge_id,
        episode.episode_id,
        episode.patient_id,
        episode.program,
        episode.team_id,
        facility.time_zone,
        episode.care_manager_id,
        episode.billing_practitioner_id,
        episode.psychiatric_consultant_id,
        episode.started_on,
        coalesce(episode.ended_on, {{ last_day_of_time() }}) as last_day_on,
        case episode.program when 'cocm' then 1 when 'bhi' then 2 end as program_precedence
    from episode
    left join facility
        on episode.knowledge_id = facility.knowledge_id
        and episode.team_id = facility.team_id
    where
        episode.status in ('active', 'onhold', 'finished')
        and episode.program in ('cocm', 'bhi', 'apcm')
        and (episode.ended_on is null or episode.started_on <= episode.ended_on)
)

select * from final
