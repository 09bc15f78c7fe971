-- Rules about a diagnosis whose patient no behavioral health consultant has seen in the look-back.
with clinic_condition as (
    select * from {{ ref('int_clinic_condition') }}
),

clinic_patient as (
    select * from {{ ref('int_clinic_patient') }}
),

rule_row as (
    select * from {{ ref('case_finding_rule') }}
    where rule_kind = 'condition_unseen'
),

ruled as (
    select
        clinic_condition.*,
        rule_row.look_back_days
    from clinic_condition
    inner join clinic_patient
        on clinic_condition.clinic_date = clinic_patient.clinic_date
        and clinic_condition.patient_id = clinic_patient.patient_id
    inner join rule_row
        on clinic_condition.rule_id = rule_row.rule_id
        and (rule_row.age_min_years is null or coalesce(clinic_patient.age_years, rule_row.age_min_years) >= rule_row.age_min_years)
        and {{ in_period('clinic_condition.clinic_date', 'rule_row.valid_from', 'rule_row.valid_to') }}
),

bhc_visit as (
    select distinct
        patient_id,
        visit_on
    from {{ ref('int_bhc_visit') }}
),

seen as (
    select distinct
        ruled.clinic_date,
        ruled.patient_id,
        ruled.rule_id
    from ruled
    inner join bhc_visit
        on ruled.patient_id = bhc_visit.patient_id
        and ruled.clinic_date > bhc_visit.visit_on
        and {{ days_between('bhc_visit.visit_on', 'ruled.clinic_date') }} <= ruled.look_back_days
),

final as (
    select
        ruled.clinic_date,
        ruled.patient_id,
        ruled.rule_id,
        ruled.known_on as evidence_on,
        ruled.icd10_code as evidence_value
    from ruled
    left join seen
        on ruled.clinic_date = seen.clinic_date
        and ruled.patient_id = seen.patient_id
        and ruled.rule_id = seen.rule_id
    where seen.rule_id is null
)

select * from final
