-- When an episode ends for a state: on its last day, or earlier by itself, so many days after a contact that no other followed.
with episode as (
    select * from {{ ref('int_episode_latest') }}
    where
        has_force
        and (ended_on is null or ended_on >= started_on)
),

setting as (
    select * from {{ ref('state_report_setting') }}
),

contact as (
    select * from {{ ref('int_treatment_contact') }}
),

reported as (
    select
        setting.state,
        setting.valid_from as setting_from,
        setting.inactivity_days,
        setting.duration_activity_code,
        episode.episode_id,
        episode.patient_id,
        episode.team_id,
        episode.time_zone,
        episode.primary_instrument,
        episode.started_on,
        episode.ended_on
    from episode
    inner join setting
        on episode.program = setting.program
),

seen as (
    select
        state,
        setting_from,
        inactivity_days,
        episode_id,
        started_on as seen_on
    from reported
    union
    select
        reported.state,
        reported.setting_from,
        reported.inactivity_days,
        reported.episode_id,
        contact.contact_on as seen_on
    from reported
    inner join contact
        on reported.episode_id = contact.episode_id
),

followed as (
    select
        seen.state,
        seen.setting_from,
        seen.episode_id,
        {{ add_days('seen.seen_on', 'seen.inactivity_days') }} as inactive_on,
        lead(seen.seen_on) over (
            partition by seen.state, seen.setting_from, seen.episode_id
            order by seen.seen_on
        ) as next_seen_on
    from seen
),

lapsed as (
    select
        state,
        setting_from,
        episode_id,
        min(inactive_on) as inactive_on
    from followed
    where
        next_seen_on is null
        or next_seen_on > inactive_on
    group by state, setting_from, episode_id
),

ended as (
    select
        reported.*,
        case
            when reported.ended_on <= lapsed.inactive_on then reported.ended_on
            else lapsed.inactive_on
        end as effective_end_on
    from reported
    inner join lapsed
        on reported.state = lapsed.state
        and reported.setting_from = lapsed.setting_from
        and reported.episode_id = lapsed.episode_id
),

assessed as (
    select
        ended.state,
        ended.setting_from,
        ended.episode_id,
        min(contact.contact_on) as first_assessed_on
    from ended
    inner join contact
        on ended.episode_id = contact.episode_id
        and ended.duration_activity_code = contact.activity_code
        and ended.effective_end_on >= contact.contact_on
    group by ended.state, ended.setting_from, ended.episode_id
),

final as (
    select
        ended.state,
        ended.setting_from,
        ended.episode_id,
        ended.patient_id,
        ended.team_id,
        ended.time_zone,
        ended.primary_instrument,
        ended.started_on,
        ended.effective_end_on,
        coalesce(assessed.first_assessed_on, ended.started_on) as treated_from
    from ended
    left join assessed
        on ended.state = assessed.state
        and ended.setting_from = assessed.setting_from
        and ended.episode_id = assessed.episode_id
)

select * from final
