-- A patient's month in a program: its seconds, its episode, and the policy of its date of service.
with month_enrolment as (
    select * from {{ ref('int_month_enrolment') }}
),

month_seconds as (
    select * from {{ ref('int_month_seconds') }}
),

patient as (
    select * from {{ ref('int_patient_known') }}
),

policy_period as (
    select * from {{ ref('int_patient_policy_period') }}
),

enrolment as (
    select * from {{ ref('int_enrolment_known') }}
),

facility as (
    select * from {{ ref('int_facility_known') }}
),

dated as (
    select
        month_enrolment.*,
        coalesce(month_seconds.credited_seconds, 0) as credited_seconds,
        coalesce(month_seconds.uncredited_seconds, 0) as uncredited_seconds,
        coalesce(month_seconds.contacts, 0) as contacts,
        month_seconds.first_credited_at,
        month_seconds.first_credited_on,
        month_seconds.lowest_payer_id,
        month_seconds.highest_payer_id,
        cast(floor(coalesce(month_seconds.credited_seconds, 0) / 60) as integer) as credited_minutes,
        case
            when patient.deceased_on < month_enrolment.month_end_on then patient.deceased_on
            else month_enrolment.month_end_on
        end as date_of_service
    from month_enrolment
    left join month_seconds
        on month_enrolment.knowledge_id = month_seconds.knowledge_id
        and month_enrolment.patient_id = month_seconds.patient_id
        and month_enrolment.program = month_seconds.program
        and month_enrolment.service_month = month_seconds.service_month
    left join patient
        on month_enrolment.knowledge_id = patient.knowledge_id
        and month_enrolment.patient_id = patient.patient_id
),

apcm_enrolled as (
    select distinct
        dated.knowledge_id,
        dated.patient_id,
        dated.date_of_service
    from dated
    inner join enrolment
        on dated.knowledge_id = enrolment.knowledge_id
        and dated.patient_id = enrolment.patient_id
        and enrolment.program = 'apcm'
        and dated.date_of_service >= enrolment.started_on
        and dated.date_of_service <= enrolment.last_day_on
),

final as (
    select
        dated.*,
        policy_period.payer_id,
        policy_period.coverage_id,
        policy_period.policy_version,
        facility.facility_type,
        apcm_enrolled.patient_id is not null as is_apcm_enrolled
    from dated
    inner join policy_period
        on dated.knowledge_id = policy_period.knowledge_id
        and dated.patient_id = policy_period.patient_id
        and dated.date_of_service >= policy_period.valid_from
        and dated.date_of_service < policy_period.valid_until
    left join facility
        on dated.knowledge_id = facility.knowledge_id
        and dated.team_id = facility.team_id
    left join apcm_enrolled
        on dated.knowledge_id = apcm_enrolled.knowledge_id
        and dated.patient_id = apcm_enrolled.patient_id
        and dated.date_of_service = apcm_enrolled.date_of_service
)

select * from final
