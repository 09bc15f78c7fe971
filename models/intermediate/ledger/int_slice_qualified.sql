-- Each slice with the first reason for which its time cannot count; no reason, and it competes for the minute.
with placed as (
    select * from {{ ref('int_slice_placed') }}
),

policy_period as (
    select * from {{ ref('int_patient_policy_period') }}
),

policy as (
    select * from {{ ref('int_policy') }}
),

standing as (
    select * from {{ ref('int_staff_standing') }}
),

patient as (
    select * from {{ ref('int_patient_known') }}
),

practitioner as (
    select * from {{ ref('int_practitioner_known') }}
),

activity_type as (
    select * from {{ ref('activity_type') }}
),

consent_period as (
    select * from {{ ref('int_consent_period') }}
),

entry_exclusion as (
    select * from {{ ref('int_entry_exclusion') }}
),

excluded as (
    select
        placed.knowledge_id,
        placed.entry_id,
        placed.slice_started_at,
        max(case when entry_exclusion.exclusion = 'billed_separately' then 1 else 0 end) as is_billed_separately,
        max(case when entry_exclusion.exclusion = 'facility_stay' then 1 else 0 end) as is_facility_stay
    from placed
    inner join entry_exclusion
        on placed.knowledge_id = entry_exclusion.knowledge_id
        and placed.entry_id = entry_exclusion.entry_id
        and placed.slice_started_at >= entry_exclusion.excluded_from
        and placed.slice_started_at < entry_exclusion.excluded_until
    group by placed.knowledge_id, placed.entry_id, placed.slice_started_at
),

governed as (
    select
        placed.*,
        policy_period.payer_id,
        policy_period.policy_version
    from placed
    inner join policy_period
        on placed.knowledge_id = policy_period.knowledge_id
        and placed.patient_id = policy_period.patient_id
        and placed.local_on >= policy_period.valid_from
        and placed.local_on < policy_period.valid_until
),

final as (
    select
        governed.knowledge_id,
        governed.entry_id,
        governed.patient_id,
        governed.staff_id,
        governed.activity_code,
        governed.slice_started_at,
        governed.slice_ended_at,
        governed.is_whole_entry,
        governed.local_on,
        governed.episode_id,
        governed.program,
        governed.payer_id,
        governed.policy_version,
        policy.counts_concurrent_staff,
        standing.role as staff_role,
        case
            when governed.is_void then 'voided'
            when governed.is_duplicate then 'duplicate'
            when governed.local_on > {{ as_of_date() }} then 'future_dated'
            when patient.patient_id is null then 'unknown_patient'
            when practitioner.practitioner_id is null then 'unknown_staff'
            when governed.episode_id is null then 'no_episode'
            when governed.local_on > patient.deceased_on then 'after_death'
            when consent_period.consent_id is null then 'outside_consent'
            when coalesce(standing.is_countable, 0) = 0 then 'unqualified_staff'
            when not coalesce(activity_type.is_countable, false) then 'not_countable_activity'
            when excluded.is_billed_separately = 1 then 'billed_separately'
            when excluded.is_facility_stay = 1 and not policy.counts_facility_stay then 'facility_stay'
        end as disqualification
    from governed
    inner join policy
        on governed.policy_version = policy.policy_version
    left join patient
        on governed.knowledge_id = patient.knowledge_id
        and governed.patient_id = patient.patient_id
    left join practitioner
        on governed.knowledge_id = practitioner.knowledge_id
        and governed.staff_id = practitioner.practitioner_id
    left join standing
        on governed.knowledge_id = standing.knowledge_id
        and governed.staff_id = standing.practitioner_id
        and governed.policy_version = standing.policy_version
        and coalesce(governed.program, 'none') = standing.program
        and governed.local_on >= standing.valid_from
        and governed.local_on < standing.valid_until
    left join activity_type
        on governed.activity_code = activity_type.activity_code
        and {{ in_period('governed.local_on', 'activity_type.valid_from', 'activity_type.valid_to') }}
    left join consent_period
        on governed.knowledge_id = consent_period.knowledge_id
        and governed.patient_id = consent_period.patient_id
        and governed.program = consent_period.program
        and governed.slice_started_at >= consent_period.valid_from
        and governed.slice_started_at < consent_period.valid_until
    left join excluded
        on governed.knowledge_id = excluded.knowledge_id
        and governed.entry_id = excluded.entry_id
        and governed.slice_started_at = excluded.slice_started_at
)

select * from final
