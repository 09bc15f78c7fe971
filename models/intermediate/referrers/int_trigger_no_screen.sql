-- Rules about the absence of a screen in the look-back.
with clinic_patient as (
    select * from {{ ref('int_clinic_patient') }}
),

rule_row as (
    select * from {{ ref('case_finding_rule') }}
    where rule_kind = 'no_screen'
),

screen_day as (
    select * from {{ ref('int_screen_day') }}
),

ruled as (
    select
        clinic_patient.clinic_date,
        clinic_patient.patient_id,
        rule_row.rule_id,
        rule_row.look_back_days,
        rule_row.instrument
    from clinic_patient
    inner join rule_row
        on {{ in_period('clinic_patient.clinic_date', 'rule_row.valid_from', 'rule_row.valid_to') }}
        and (rule_row.age_min_years is null or coalesce(clinic_patient.age_years, rule_row.age_min_years) >= rule_row.age_min_years)
),

last_screen as (
    select
        ruled.clinic_date,
        ruled.patient_id,
        ruled.rule_id,
        max(screen_day.taken_on) as taken_on
    from ruled
    inner join screen_day
        on ruled.patient_id = screen_day.patient_id
        and ruled.clinic_date > screen_day.taken_on
        and {{ list_has('ruled.instrument', 'screen_day.instrument') }}
    group by
        ruled.clinic_date,
        ruled.patient_id,
        ruled.rule_id
),

final as (
    select
        ruled.clinic_date,
        ruled.patient_id,
        ruled.rule_id,
        last_screen.taken_on as evidence_on,
        case when last_screen.taken_on is null then 'never' else 'last' end as evidence_value
    from ruled
    left join last_screen
        on ruled.clinic_date = last_screen.clinic_date
        and ruled.patient_id = last_screen.patient_id
        and ruled.rule_id = last_screen.rule_id
    where
        last_screen.taken_on is null
        or {{ days_between('last_screen.taken_on', 'ruled.clinic_date') }} > ruled.look_back_days
)

select * from final
