-- What was tried with those whom case finding looks at: outreach, referrals by outreach, and what they declined.
with looked_at as (
    select distinct patient_id from {{ ref('int_clinic_patient') }}
),

activity_type as (
    select * from {{ ref('activity_type') }}
    where outreach_outcome is not null
),

call as (
    select distinct
        segment.patient_id,
        segment.service_on as outreach_on,
        'outreach: ' || activity_type.outreach_outcome as what,
        false as is_refusal
    from {{ ref('fct_minute_segment') }} as segment
    inner join activity_type
        on segment.activity_code = activity_type.activity_code
        and {{ in_period('segment.service_on', 'activity_type.valid_from', 'activity_type.valid_to') }}
    where segment.disposition not in ('voided', 'duplicate', 'future_dated')
),

referral as (
    select
        patient_id,
        authored_on as outreach_on,
        'referral by ' || coalesce(method, 'unknown method') || ': ' || status as what,
        status = 'declined' as is_refusal
    from {{ ref('int_referral_latest') }}
    where
        service_line = 'behavioral_health'
        and status <> 'draft'
        and (method = 'outreach' or status = 'declined')
),

refused_episode as (
    select
        patient_id,
        ended_on as outreach_on,
        program || ': declined' as what,
        true as is_refusal
    from {{ ref('int_episode_latest') }}
    where
        end_reason = 'declined'
        and program in ('cocm', 'bhi', 'pcbh')
        and ended_on is not null
),

event as (
    select * from call
    union all
    select * from referral
    union all
    select * from refused_episode
),

final as (
    select distinct
        event.patient_id,
        event.outreach_on,
        event.what,
        event.is_refusal
    from event
    inner join looked_at
        on event.patient_id = looked_at.patient_id
)

select * from final
