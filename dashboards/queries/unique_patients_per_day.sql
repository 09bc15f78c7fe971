-- One row a BHC with a clinic day in the month. The marts tie a BHC to no single team, so all of them stand here.
select
    bhc.family_name || ', ' || bhc.given_name as bhc_name,
    patients.denominator as clinic_days,
    patients.value as patients_per_day,
    patients.target_low,
    patients.target_high,
    patients.target_status
from fct_metric_value as patients
inner join dim_practitioner as bhc
    on patients.entity_id = bhc.practitioner_id
where
    patients.metric_id = 'pcbh_unique_patients_per_day'
    and patients.entity_type = 'practitioner'
    and patients.period_type = 'month'
    and patients.period_start_on = $month
    and patients.value is not null
order by bhc_name
