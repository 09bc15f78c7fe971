-- Visits that call for a screen of depression: whole in a measurement period, by a patient old enough on its first day.
with visit as (
    select * from {{ ref('int_measure_visit') }}
    where
        value_set in ('Encounter to Screen for Depression', 'Physical Therapy Evaluation', 'Telephone Visits')
        and status = 'finished'
),

period as (
    {{ measurement_periods() }}
),

patient as (
    select * from {{ ref('int_patient_latest') }}
),

placed as (
    select distinct
        period.period_start_on,
        period.period_end_on,
        visit.patient_id,
        visit.encounter_id,
        visit.started_at,
        visit.started_on,
        visit.ended_on,
        {{ age_in_years('patient.birth_date', 'period.period_start_on') }} as age_years
    from visit
    inner join period
        on visit.started_on >= period.period_start_on
        and visit.ended_on <= period.period_end_on
    inner join patient
        on visit.patient_id = patient.patient_id
),

final as (
    select
        period_start_on,
        period_end_on,
        patient_id,
        encounter_id,
        age_years,
        started_at,
        started_on,
        ended_on,
        {{ add_days('started_on', '-' ~ threshold_days('screen_days_before_visit')) }} as screened_from,
        {{ add_days('ended_on', threshold_days('screen_followup_days_after_visit')) }} as followed_until
    from placed
    where age_years >= {{ threshold('measure_min_age_years') }}
)

select * from final
