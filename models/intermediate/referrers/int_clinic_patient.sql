-- Whom the rules of case finding look at: patients expected on a clinic date who lived and were in no program on its eve.
with appointment as (
    select * from {{ ref('int_clinic_appointment') }}
),

patient as (
    select * from {{ ref('int_patient_latest') }}
),

episode as (
    select * from {{ ref('int_episode_latest') }}
    where
        has_force
        and program in ('cocm', 'bhi', 'pcbh')
),

enrolled as (
    select distinct
        appointment.clinic_date,
        appointment.patient_id
    from appointment
    inner join episode
        on appointment.patient_id = episode.patient_id
        and appointment.clinic_date > episode.started_on
        and (episode.ended_on is null or appointment.clinic_date <= episode.ended_on)
),

final as (
    select
        appointment.*,
        {{ age_in_years('patient.birth_date', 'appointment.clinic_date') }} as age_years
    from appointment
    left join patient
        on appointment.patient_id = patient.patient_id
    left join enrolled
        on appointment.clinic_date = enrolled.clinic_date
        and appointment.patient_id = enrolled.patient_id
    where
        enrolled.patient_id is null
        and (patient.deceased_on is null or patient.deceased_on >= appointment.clinic_date)
)

select * from final
