-- Treatment contacts within an episode: entries of a contact activity, whether credited or not, and finished behavioral
-- health visits. An attempt is none.
with entry as (
    select * from {{ ref('int_entry') }}
    where
        knowledge_id = 'current'
        and not is_void
        and not is_duplicate
),

contact_activity as (
    select * from {{ ref('activity_type') }}
    where is_contact
),

contact_code as (
    select distinct activity_code from contact_activity
),

encounter as (
    select * from {{ ref('int_encounter_latest') }}
    where
        service_line = 'behavioral_health'
        and status = 'finished'
),

reported_program as (
    select distinct program from {{ ref('state_report_setting') }}
),

episode as (
    select enrolled.* from {{ ref('int_episode_latest') }} as enrolled
    inner join reported_program
        on enrolled.program = reported_program.program
    where enrolled.has_force
),

happened as (
    select
        entry.patient_id,
        entry.activity_code,
        entry.started_at,
        entry.time_zone
    from entry
    inner join contact_code
        on entry.activity_code = contact_code.activity_code
    union all
    select
        encounter.patient_id,
        cast(null as {{ dbt.type_string() }}) as activity_code,
        encounter.started_at,
        encounter.time_zone
    from encounter
),

dated as (
    select
        episode.episode_id,
        episode.started_on,
        episode.ended_on,
        happened.activity_code,
        {{ local_date('happened.started_at', 'day_offset') }} as contact_on
    from happened
    inner join episode
        on happened.patient_id = episode.patient_id
    {{ join_offset_at('day_offset', 'coalesce(episode.time_zone, happened.time_zone)', 'happened.started_at') }}
),

final as (
    select distinct
        dated.episode_id,
        dated.contact_on,
        dated.activity_code
    from dated
    left join contact_activity
        on dated.activity_code = contact_activity.activity_code
        and {{ in_period('dated.contact_on', 'contact_activity.valid_from', 'contact_activity.valid_to') }}
    where
        {{ in_period('dated.contact_on', 'dated.started_on', 'dated.ended_on') }}
        and dated.contact_on <= {{ as_of_date() }}
        and (dated.activity_code is null or contact_activity.activity_code is not null)
)

select * from final
