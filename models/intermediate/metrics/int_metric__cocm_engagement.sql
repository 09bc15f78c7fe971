-- Patients of the episodes that began, or were first contacted, long enough ago: who had three contacts, who an early second.
with episode as (
    select * from {{ ref('int_episode_latest') }}
    where
        program = 'cocm'
        and has_force
        and team_id is not null
),

period as (
    select * from {{ ref('int_period') }}
    where period_type in {{ cocm_period_types() }}
),

contact as (
    select
        episode_id,
        min(case when contact_number = 1 then contact_on end) as first_on,
        min(case when contact_number = 2 then contact_on end) as second_on,
        min(case when contact_number = {{ threshold('minimum_contacts') }} then contact_on end) as engaged_on
    from {{ ref('int_cocm_contact') }}
    group by episode_id
),

bound as (
    select
        period.*,
        {{ add_days('period.period_end_on', '-' ~ threshold_days('begun_max_age_days')) }} as begun_from,
        {{ add_days('period.period_end_on', '-' ~ threshold_days('begun_min_age_days')) }} as begun_until
    from period
),

begun as (
    select
        'team' as entity_type,
        episode.team_id as entity_id,
        bound.period_type,
        bound.period_start_on,
        episode.patient_id,
        count(*) as episodes,
        sum(case when contact.engaged_on <= bound.period_end_on then 1 else 0 end) as engaged_episodes,
        max(episode.started_on) as last_started_on
    from episode
    inner join bound
        on episode.started_on >= bound.begun_from
        and episode.started_on <= bound.begun_until
    left join contact
        on episode.episode_id = contact.episode_id
    group by episode.team_id, bound.period_type, bound.period_start_on, episode.patient_id
),

followed as (
    select
        'team' as entity_type,
        episode.team_id as entity_id,
        bound.period_type,
        bound.period_start_on,
        episode.patient_id,
        count(*) as episodes,
        sum(case
            when contact.second_on <= {{ add_days('contact.first_on', threshold_days('early_followup_days')) }} then 1
            else 0
        end) as early_episodes,
        max(contact.first_on) as last_first_on
    from episode
    inner join contact
        on episode.episode_id = contact.episode_id
    inner join bound
        on contact.first_on >= bound.begun_from
        and contact.first_on <= bound.begun_until
    group by episode.team_id, bound.period_type, bound.period_start_on, episode.patient_id
),

final as (
    select
        {{ metric_member('cocm_three_contacts', 'engaged_episodes', 'episodes', 'last_started_on', 'episodes') }}
    from begun
    union all
    select
        {{ metric_member('cocm_early_followup', 'early_episodes', 'episodes', 'last_first_on', 'episodes') }}
    from followed
)

select * from final
