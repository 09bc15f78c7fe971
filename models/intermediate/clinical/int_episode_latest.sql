-- Every enrolment as it is known now; errors are none.
with episode as (
    {{ latest_version('stg_feed__episode', ['episode_id']) }}
),

team as (
    select * from {{ ref('int_team_zoned') }}
),

final as (
    select
        episode.episode_id,
        episode.patient_id,
        episode.program,
        episode.team_id,
        team.time_zone,
        episode.referral_id,
        episode.care_manager_id,
        episode.billing_practitioner_id,
        episode.psychiatric_consultant_id,
        episode.started_on,
        episode.ended_on,
        episode.status,
        episode.status in ('active', 'onhold', 'finished') as has_force,
        episode.status in ('active', 'onhold', 'finished')
        and {{ in_period(as_of_date(), 'episode.started_on', 'episode.ended_on') }} as is_in_force,
        episode.phase,
        episode.relapse_prevention_plan_on,
        episode.primary_instrument,
        episode.end_reason,
        case episode.program when 'cocm' then 1 when 'bhi' then 2 when 'pcbh' then 3 end as program_precedence,
        episode.site_columns
    from episode
    left join team
        on episode.team_id = team.team_id
    where episode.status <> 'entered-in-error'
)

select * from final
