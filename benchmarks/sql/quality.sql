-- The quality measures: whom they look at, who is excluded or excepted, who met them.
create temp table listed_code as
with listed as (
    select value_set, code_system, code
    from value_set
    where holds(getvariable('as_of'), valid_from, valid_to)
)

select *, code_system || '|' || code as full_code, upper(replace(code, '.', '')) as bare_code
from (
    from listed
    union
    select listed.value_set, code_map.code, listed.code
    from listed
    join code_map
        on listed.code_system = code_map.value
        and code_map.feed = 'fhir'
        and code_map."column" = 'system'
        and holds(getvariable('as_of'), code_map.valid_from, code_map.valid_to)
);

create temp table measured_year as
from period
where period_type = 'year';

create temp table measured_condition as
select distinct
    condition.condition_id,
    listed_code.value_set,
    condition.patient_id,
    coalesce(onset_on, recorded_on, date '1000-01-01') as prevails_from,
    coalesce(abated_on, date '9999-12-31') as prevails_until,
    coalesce(verification_status = 'confirmed' and clinical_status in ('active', 'recurrence', 'relapse'), false)
        as is_confirmed_active,
    coalesce(verification_status, 'confirmed') = 'confirmed'
    and coalesce(clinical_status, 'active') in ('active', 'recurrence', 'relapse') as is_taken_as_active,
    coalesce(category in ('problem', 'health_concern'), false) as is_problem
from condition
join (
    select value_set, code, code_system from listed_code where code_system like '%snomed.info/sct'
    union
    select value_set, bare_code, code_system from listed_code where code_system like '%icd-10-cm'
) as listed_code
    on listed_code.code
    = if(listed_code.code_system like '%icd-10-cm', upper(replace(icd10_code, '.', '')), snomed_code)
where coalesce(verification_status, '') not in ('refuted', 'entered-in-error');

-- Lists of codes repeat: each is taken apart once, not each visit.
create temp table measured_visit as
with code_list as (
    select distinct coalesce(type_codes, '') as type_codes, coalesce(billing_codes, '') as billing_codes
    from visit
),

listed as (
    select type_codes, billing_codes, value_set
    from (select *, trim(unnest(string_split(type_codes, ';'))) as code from code_list) as typed
    join listed_code on typed.code = listed_code.full_code
    union
    select type_codes, billing_codes, value_set
    from (select *, trim(unnest(string_split(billing_codes, ';'))) as code from code_list) as billed
    join listed_code
        on billed.code = listed_code.code
        and (code_system like '%cpt' or code_system like '%HCPCSReleaseCodeSets')
)

select
    visit.encounter_id,
    listed.value_set,
    visit.patient_id,
    visit.status,
    visit.discharge_disposition,
    visit.started_at,
    visit.started_on,
    coalesce(visit.ended_on, visit.started_on) as ended_on
from visit
join listed
    on coalesce(visit.type_codes, '') = listed.type_codes
    and coalesce(visit.billing_codes, '') = listed.billing_codes
where value_set in (
    'Contact or Office Visit', 'Encounter Inpatient', 'Encounter to Screen for Depression', 'Hospice Encounter',
    'Palliative Care Encounter', 'Physical Therapy Evaluation', 'Telephone Visits'
);

-- Findings, procedures and orders that a value set lists, by their local dates.
create temp table listed_event as
with event as (
    select
        'observation' as kind, observation_id as event_id, patient_id, encounter_id, null as practitioner_id,
        code_system, code, status, observed_at as happened_at, null::timestamp as ended_at, value_code, value_number,
        null as intent, null::boolean as do_not_perform
    from observation
    union all
    select
        'procedure', procedure_id, patient_id, encounter_id, practitioner_id,
        code_system, code, status, performed_at, ended_at, null, null, null, null
    from procedure
    union all
    select
        'medication', order_id, patient_id, encounter_id, null,
        code_system, code, status, authored_at, null, null, null, intent, do_not_perform
    from medication_order
),

listed as (
    select event.*, listed_code.value_set
    from event
    join listed_code using (code_system, code)
    where event.status <> 'entered-in-error'
),

zoned as (
    select
        listed.*,
        coalesce(visit.team_time_zone, home.time_zone, panel_period.time_zone, getvariable('default_zone')) as time_zone
    from listed
    left join visit using (encounter_id)
    left join home
        on listed.practitioner_id = home.practitioner_id
        and home.staffed_as = 'any'
        and listed.happened_at >= home.valid_from
        and listed.happened_at < home.valid_until
    left join panel_period
        on listed.patient_id = panel_period.patient_id
        and listed.happened_at >= panel_period.valid_from
        and listed.happened_at < panel_period.valid_until
)

select
    *,
    local_on(happened_at, time_zone) as happened_on,
    coalesce(local_on(ended_at, time_zone), happened_on) as over_on
from zoned;
