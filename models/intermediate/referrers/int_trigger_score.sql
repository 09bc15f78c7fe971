-- Rules about the latest score of a scale on the eve of a clinic date: high enough, recent enough, and not answered by another
-- scale since.
with clinic_patient as (
    select * from {{ ref('int_clinic_patient') }}
),

score_day as (
    select * from {{ ref('int_score_day') }}
),

rule_row as (
    select * from {{ ref('case_finding_rule') }}
    where rule_kind in ('score', 'condition_score')
),

high as (
    select
        clinic_patient.clinic_date,
        clinic_patient.patient_id,
        rule_row.rule_id,
        rule_row.rule_kind,
        rule_row.superseded_by,
        score_day.score,
        score_day.taken_on
    from clinic_patient
    inner join score_day
        on clinic_patient.patient_id = score_day.patient_id
        and clinic_patient.clinic_date > score_day.taken_on
        and (score_day.next_on is null or score_day.next_on >= clinic_patient.clinic_date)
    inner join rule_row
        on score_day.instrument = rule_row.instrument
        and score_day.score >= rule_row.threshold
        and {{ days_between('score_day.taken_on', 'clinic_patient.clinic_date') }} <= rule_row.look_back_days
        and (rule_row.age_min_years is null or coalesce(clinic_patient.age_years, rule_row.age_min_years) >= rule_row.age_min_years)
        and {{ in_period('clinic_patient.clinic_date', 'rule_row.valid_from', 'rule_row.valid_to') }}
),

answered as (
    select distinct
        high.clinic_date,
        high.patient_id,
        high.rule_id
    from high
    inner join score_day
        on high.patient_id = score_day.patient_id
        and high.taken_on <= score_day.taken_on
        and high.clinic_date > score_day.taken_on
        and {{ list_has('high.superseded_by', 'score_day.instrument') }}
),

clinic_condition as (
    select * from {{ ref('int_clinic_condition') }}
),

final as (
    select
        high.clinic_date,
        high.patient_id,
        high.rule_id,
        high.taken_on as evidence_on,
        case when high.rule_kind = 'condition_score' then clinic_condition.icd10_code || ' and ' else '' end
        || cast(high.score as {{ dbt.type_string() }}) as evidence_value
    from high
    left join answered
        on high.clinic_date = answered.clinic_date
        and high.patient_id = answered.patient_id
        and high.rule_id = answered.rule_id
    left join clinic_condition
        on high.clinic_date = clinic_condition.clinic_date
        and high.patient_id = clinic_condition.patient_id
        and high.rule_id = clinic_condition.rule_id
    where
        answered.rule_id is null
        and (high.rule_kind = 'score' or clinic_condition.rule_id is not null)
)

select * from final
