-- Patients seen by primary care in a reporting month in a visit that qualifies.
with month as (
    select * from {{ ref('int_state_report_month') }}
),

qualifying as (
    select * from {{ ref('int_state_report_code') }}
),

encounter as (
    select
        encounter_id,
        patient_id,
        practitioner_id,
        team_id,
        billing_codes,
        started_at,
        started_on,
        {{ month_of('started_on') }} as started_month
    from {{ ref('int_encounter_latest') }}
    where
        service_line = 'primary_care'
        and status = 'finished'
        and billing_codes is not null
        and started_on <= {{ as_of_date() }}
),

staffing as (
    select * from {{ ref('int_staffing_latest') }}
    where valid_from < valid_until
),

home as (
    select * from {{ ref('int_practitioner_home_team') }}
),

patient as (
    select * from {{ ref('int_patient_latest') }}
),

visit as (
    select
        month.state,
        month.month,
        month.screen_min_age_years,
        month.clinician_roles,
        encounter.encounter_id,
        encounter.patient_id,
        encounter.practitioner_id,
        encounter.team_id,
        encounter.started_at,
        encounter.started_on
    from encounter
    inner join month
        on encounter.started_month = month.month
    inner join qualifying
        on month.state = qualifying.state
        and month.setting_from = qualifying.setting_from
        and encounter.billing_codes = qualifying.billing_codes
),

staff_day as (
    select distinct
        state,
        clinician_roles,
        practitioner_id,
        started_on
    from visit
),

-- A qualifying code is billed by clinicians. Whom the roster of the day knows as something else alone is none.
no_clinician as (
    select
        staff_day.state,
        staff_day.practitioner_id,
        staff_day.started_on
    from staff_day
    inner join staffing
        on staff_day.practitioner_id = staffing.practitioner_id
        and staff_day.started_on >= staffing.valid_from
        and staff_day.started_on < staffing.valid_until
    group by staff_day.state, staff_day.practitioner_id, staff_day.started_on
    having max(case when {{ list_has('staff_day.clinician_roles', 'staffing.role') }} then 1 else 0 end) = 0
),

ranked as (
    select
        visit.state,
        visit.month,
        visit.patient_id,
        visit.practitioner_id,
        visit.team_id,
        visit.started_on,
        row_number() over (
            partition by visit.state, visit.month, visit.patient_id
            order by visit.started_at desc, visit.encounter_id asc
        ) as visit_rank
    from visit
    inner join patient
        on visit.patient_id = patient.patient_id
    left join no_clinician
        on visit.state = no_clinician.state
        and visit.practitioner_id = no_clinician.practitioner_id
        and visit.started_on = no_clinician.started_on
    where
        no_clinician.practitioner_id is null
        and {{ age_in_years('patient.birth_date', 'visit.started_on') }} >= visit.screen_min_age_years
),

last_visit as (
    select * from ranked
    where visit_rank = 1
),

final as (
    select
        last_visit.state,
        last_visit.month,
        last_visit.patient_id,
        coalesce(last_visit.team_id, home.team_id) as team_id
    from last_visit
    left join home
        on last_visit.practitioner_id = home.practitioner_id
        and last_visit.started_on >= home.valid_from
        and last_visit.started_on < home.valid_until
)

select * from final
