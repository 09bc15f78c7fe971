-- What became of each patient whom case finding looked at: seen on the clinic date, referred soon after, enrolled.
-- A referral counts whoever wrote it, unless the patient or the behavioral health side began it (self, outreach).
with clinic_patient as (
    select * from {{ ref('int_clinic_patient') }}
    where not is_to_come
),

visit as (
    select distinct
        patient_id,
        started_on
    from {{ ref('int_encounter_latest') }}
    where
        service_line = 'primary_care'
        and status = 'finished'
),

referral as (
    select
        patient_id,
        authored_on
    from {{ ref('int_referral_sent') }}
    where coalesce(method, 'order') not in ('self', 'outreach')
),

episode as (
    select
        patient_id,
        started_on
    from {{ ref('int_episode_latest') }}
    where
        has_force
        and program in ('cocm', 'bhi', 'pcbh')
        and started_on <= {{ as_of_date() }}
),

referred as (
    select
        clinic_patient.clinic_date,
        clinic_patient.patient_id,
        min(referral.authored_on) as referred_on
    from clinic_patient
    inner join referral
        on clinic_patient.patient_id = referral.patient_id
        and clinic_patient.clinic_date <= referral.authored_on
        and {{ days_between('clinic_patient.clinic_date', 'referral.authored_on') }}
        <= {{ threshold_days('referral_within_days') }}
    group by
        clinic_patient.clinic_date,
        clinic_patient.patient_id
),

enrolled as (
    select
        clinic_patient.clinic_date,
        clinic_patient.patient_id,
        min(episode.started_on) as enrolled_on
    from clinic_patient
    inner join episode
        on clinic_patient.patient_id = episode.patient_id
        and clinic_patient.clinic_date <= episode.started_on
        and {{ days_between('clinic_patient.clinic_date', 'episode.started_on') }}
        <= {{ threshold_days('enrolled_within_days') }}
    group by
        clinic_patient.clinic_date,
        clinic_patient.patient_id
),

final as (
    select
        clinic_patient.clinic_date,
        clinic_patient.patient_id,
        clinic_patient.has_come or visit.patient_id is not null as is_seen,
        referred.referred_on,
        enrolled.enrolled_on
    from clinic_patient
    left join visit
        on clinic_patient.patient_id = visit.patient_id
        and clinic_patient.clinic_date = visit.started_on
    left join referred
        on clinic_patient.clinic_date = referred.clinic_date
        and clinic_patient.patient_id = referred.patient_id
    left join enrolled
        on clinic_patient.clinic_date = enrolled.clinic_date
        and clinic_patient.patient_id = enrolled.patient_id
)

select * from final
