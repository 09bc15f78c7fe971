-- Who is concerned by something that was delivered after a month that it bears on was closed.
with care_activity as (
    {{ late_changes('int_care_activity_version', ['entry_id'], 'patient_id', first_local_date('any_version.started_at'),
        ['version.patient_id', 'version.staff_id', 'version.activity_code', 'version.started_at', 'version.ended_at',
        'version.is_void', 'version.reject_reason']) }}
),

encounter as (
    {{ late_changes('stg_feed__encounter', ['encounter_id'], 'patient_id',
        first_local_date('any_version.started_at', 'any_version.started_at_is_local'),
        ['version.patient_id', 'version.practitioner_id', 'version.encounter_class', 'version.started_at',
        'version.ended_at', 'version.status', 'version.billing_codes', 'version.is_deleted']) }}
),

consent as (
    {{ late_changes('stg_feed__consent', ['consent_id'], 'patient_id',
        first_local_date('any_version.granted_at', 'any_version.granted_at_is_local'),
        ['version.patient_id', 'version.program', 'version.granted_at', "version.status in ('active', 'inactive')",
        'version.is_deleted'], ends_on=first_local_date('version.revoked_at', 'version.revoked_at_is_local')) }}
),

episode as (
    {{ late_changes('stg_feed__episode', ['episode_id'], 'patient_id', 'any_version.started_on',
        ['version.patient_id', 'version.program', 'version.team_id', 'version.started_on',
        "version.status in ('active', 'onhold', 'finished')", 'version.is_deleted'], ends_on='version.ended_on') }}
),

coverage as (
    {{ late_changes('stg_feed__coverage', ['coverage_id'], 'patient_id', 'any_version.effective_from',
        ['version.patient_id', 'version.payer_id', 'version.rank', 'version.effective_from', 'version.is_deleted'],
        ends_on='version.effective_to') }}
),

patient as (
    {{ late_changes('stg_feed__patient', ['patient_id'], 'patient_id', 'any_version.birth_date',
        ['version.is_deleted'], ends_on='version.deceased_on') }}
),

practitioner as (
    {{ late_changes('stg_feed__practitioner', ['practitioner_id'], 'practitioner_id', first_day(),
        ['version.is_deleted']) }}
),

staffing as (
    {{ late_changes('int_staffing_version', ['staffing_key'], 'practitioner_id', first_day(),
        ['version.fte', 'version.is_deleted'], ends_on='version.effective_to') }}
),

team as (
    {{ late_changes('stg_feed__team', ['team_id'], 'team_id', first_day(),
        ['version.facility_type', 'version.time_zone', 'version.is_deleted']) }}
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
