-- The dimensions: everyone as of the business date.
create table dim_patient as
select
    patient.patient_id,
    patient.mrn,
    patient.family_name,
    patient.given_name,
    patient.birth_date,
    patient.sex,
    patient.deceased_on,
    panel_period.team_id,
    panel_period.pcp_id,
    primary_coverage.payer_id
from patient
left join panel_period
    on patient.patient_id = panel_period.patient_id
    and panel_period.valid_from <= getvariable('as_of')
    and panel_period.valid_until > getvariable('as_of')
left join (
    select patient_id, payer_id
    from coverage
    where holds(getvariable('as_of'), effective_from, effective_to)
    qualify row_number() over (
        partition by patient_id
        order by rank nulls last, coalesce(effective_from, date '1000-01-01') desc, coverage_id
    ) = 1
) as primary_coverage on patient.patient_id = primary_coverage.patient_id;

create table dim_practitioner as
select
    practitioner_id,
    npi,
    practitioner_id in (from valid_npi) as is_npi_valid,
    family_name,
    given_name,
    credential
from practitioner;

create table dim_team as
select team_id, team_name, site_id, time_zone, facility_type, complexity_tier, site_name, billing_tin
from zoned_team;

create table fct_episode as
select
    episode_id,
    patient_id,
    program,
    team_id,
    care_manager_id,
    billing_practitioner_id,
    psychiatric_consultant_id,
    started_on,
    ended_on,
    is_in_force,
    phase,
    end_reason,
    status,
    relapse_prevention_plan_on,
    primary_instrument
from enrolled;
