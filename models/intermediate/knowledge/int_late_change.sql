-- Who is concerned by something that was delivered after a month that it bears on was closed.
with care_activity as (
    {{ late_changes('int_care_activity_version', ['entry_id'], 'patient_id', 'cast(any_version.started_at as date)',
        ['patient_id', 'staff_id', 'activity_code', 'started_at', 'ended_at', 'worked_seconds', 'is_void',
        'reject_reason']) }}
),

encounter as (
    {{ late_changes('stg_feed__encounter', ['encounter_id'], 'patient_id', 'cast(any_version.started_at as date)',
        ['patient_id', 'practitioner_id', 'encounter_class', 'started_at', 'ended_at', 'status', 'billing_codes',
        'is_deleted']) }}
),

consent as (
    {{ late_changes('stg_feed__consent', ['consent_id'], 'patient_id', 'cast(any_version.granted_at as date)',
        ['patient_id', 'program', 'granted_at', 'revoked_at', 'status', 'is_deleted']) }}
),

episode as (
    {{ late_changes('stg_feed__episode', ['episode_id'], 'patient_id', 'any_version.started_on',
        ['patient_id', 'program', 'team_id', 'started_on', 'ended_on', 'status', 'is_deleted']) }}
),

coverage as (
    {{ late_changes('stg_feed__coverage', ['coverage_id'], 'patient_id', 'any_version.effective_from',
        ['patient_id', 'payer_id', 'rank', 'effective_from', 'effective_to', 'is_deleted']) }}
),

patient as (
    {{ late_changes('stg_feed__patient', ['patient_id'], 'patient_id', 'any_version.birth_date',
        ['deceased_on', 'is_deleted']) }}
),

practitioner as (
    {{ late_changes('stg_feed__practitioner', ['practitioner_id'], 'practitioner_id', first_day(), ['is_deleted']) }}
),

staffing as (
    {{ late_changes('int_staffing_version', ['staffing_key'], 'practitioner_id', first_day(),
        ['fte', 'effective_to', 'is_deleted']) }}
),

team as (
    {{ late_changes('stg_feed__team', ['team_id'], 'team_id', first_day(), ['facility_type', 'is_deleted']) }}
),

staff_change as (
    select patient_id as practitioner_id, bears_on, delivered_on from practitioner
    union
    select patient_id as practitioner_id, bears_on, delivered_on from staffing
),

episode_version as (
    select * from {{ ref('stg_feed__episode') }}
),

entry_version as (
    select * from {{ ref('int_care_activity_version') }}
),

final as (
    select 'care_activity' as feed, patient_id, bears_on, delivered_on from care_activity
    union
    select 'encounter' as feed, patient_id, bears_on, delivered_on from encounter
    union
    select 'consent' as feed, patient_id, bears_on, delivered_on from consent
    union
    select 'episode' as feed, patient_id, bears_on, delivered_on from episode
    union
    select 'coverage' as feed, patient_id, bears_on, delivered_on from coverage
    union
    select 'patient' as feed, patient_id, bears_on, delivered_on from patient
    union
    select 'staffing' as feed, entry_version.patient_id, staff_change.bears_on, staff_change.delivered_on
    from staff_change
    inner join entry_version
        on staff_change.practitioner_id = entry_version.staff_id
    where entry_version.patient_id is not null
    union
    select 'team' as feed, episode_version.patient_id, team.bears_on, team.delivered_on
    from team
    inner join episode_version
        on team.patient_id = episode_version.team_id
    where episode_version.patient_id is not null
)

select * from final
