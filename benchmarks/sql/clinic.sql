-- Primary care appointments of the last months and of the next clinic date, and whom case finding looks at.
create temp table clinic_patient as
with expected as (
    select
        *,
        starts_at::date as clinic_date,
        clinic_date > getvariable('as_of') as is_to_come
    from appointment
    where
        service_line = 'primary_care'
        and patient_id is not null
        and coalesce(booked_at::date < clinic_date, true)
        and clinic_date >= (getvariable('as_of') + 1 - to_months(cut_days('case_finding_months')))::date
        and (
            status in ('pending', 'booked', 'arrived')
            or (not is_to_come and status in ('checked-in', 'fulfilled', 'noshow'))
            or (not is_to_come and status = 'cancelled' and cancelled_at::date >= clinic_date)
        )
),

kept as (
    from expected
    where not is_to_come or clinic_date = (select min(clinic_date) from expected where is_to_come)
),

placed as (
    select
        kept.*,
        if(as_pcp.practitioner_id is null, panel_period.pcp_id, null) as panel_pcp_id,
        coalesce(kept.team_id, as_pcp.team_id, panel_period.team_id) as seen_team_id,
        coalesce(own.time_zone, home.time_zone, panel_period.time_zone, getvariable('default_zone')) as time_zone
    from kept
    left join zoned_team as own using (team_id)
    left join home
        on kept.practitioner_id = home.practitioner_id
        and home.staffed_as = 'any'
        and kept.clinic_date >= home.valid_from
        and kept.clinic_date < home.valid_until
    left join home as as_pcp
        on kept.practitioner_id = as_pcp.practitioner_id
        and as_pcp.staffed_as = 'pcp'
        and kept.clinic_date >= as_pcp.valid_from
        and kept.clinic_date < as_pcp.valid_until
    left join panel_period
        on kept.patient_id = panel_period.patient_id
        and kept.clinic_date >= panel_period.valid_from
        and kept.clinic_date < panel_period.valid_until
),

first_of_day as (
    select
        placed.*,
        placed.starts_at - to_seconds(coalesce(offset_local.offset_seconds, 0)) as appointment_at,
        bool_or(status in ('arrived', 'checked-in', 'fulfilled')) over (
            partition by placed.clinic_date, placed.patient_id
        ) and not is_to_come as has_come
    from placed
    left join offset_local
        on placed.time_zone = offset_local.time_zone
        and year(placed.starts_at) = offset_local.local_year
        and placed.starts_at >= offset_local.local_from
        and placed.starts_at < offset_local.local_until
    qualify row_number() over (
        partition by placed.clinic_date, placed.patient_id order by appointment_at, appointment_id
    ) = 1
),

in_program as (
    select distinct first_of_day.clinic_date, first_of_day.patient_id
    from first_of_day
    join enrolled
        on first_of_day.patient_id = enrolled.patient_id
        and enrolled.has_force
        and enrolled.program_precedence is not null
        and enrolled.started_on < first_of_day.clinic_date
        and coalesce(enrolled.ended_on, date '9999-12-31') >= first_of_day.clinic_date
)

select
    first_of_day.clinic_date,
    first_of_day.patient_id,
    first_of_day.appointment_id,
    first_of_day.appointment_at,
    strftime(first_of_day.starts_at, '%H:%M') as appointment_local_time,
    first_of_day.is_to_come,
    first_of_day.has_come,
    coalesce(first_of_day.panel_pcp_id, first_of_day.practitioner_id) as pcp_id,
    first_of_day.seen_team_id as team_id,
    years_of_age(patient.birth_date, first_of_day.clinic_date) as age_years
from first_of_day
anti join in_program using (clinic_date, patient_id)
left join patient using (patient_id)
where coalesce(patient.deceased_on >= first_of_day.clinic_date, true);

create temp table looked_at as
select distinct patient_id from clinic_patient;

-- Diagnoses by the ranges that a rule names, both ends compared by prefix.
create temp table behavioral_range as
select
    rule_id,
    valid_from,
    valid_to,
    unnest(string_split(upper(replace(diagnosis_codes, '.', '')), ';')) as code_range,
    trim(split_part(code_range, '-', 1)) as first_code,
    trim(if(contains(code_range, '-'), split_part(code_range, '-', 2), code_range)) as last_code
from case_finding_rule
where diagnosis_codes is not null;

create temp table named_condition as
with coded as (
    select
        condition.*,
        upper(replace(coalesce(condition.icd10_code, code_map.value), '.', '')) as code
    from condition
    semi join looked_at using (patient_id)
    left join code_map
        on code_map.feed = 'condition'
        and code_map."column" = 'icd10_code'
        and condition.snomed_code = code_map.code
        and holds(getvariable('as_of'), code_map.valid_from, code_map.valid_to)
    where coalesce(verification_status, '') not in ('refuted', 'entered-in-error')
)

select distinct
    coded.condition_id,
    coded.patient_id,
    coded.encounter_id,
    coded.code,
    coded.recorded_on,
    coded.abated_on,
    coalesce(greatest(coded.onset_on, coded.recorded_on), date '1000-01-01') as known_on,
    coded.abated_on is not null or coalesce(coded.clinical_status, '') not in ('inactive', 'remission', 'resolved')
        as is_active,
    behavioral_range.rule_id,
    behavioral_range.valid_from,
    behavioral_range.valid_to
from coded
join behavioral_range
    on left(coded.code, length(first_code)) >= first_code and left(coded.code, length(last_code)) <= last_code;

-- The scores of a scale, one a day, each until the next; item 9 of the PHQ-9 is a scale of its own.
create temp table score_day as
with scale as (
    from scored_version
    semi join looked_at using (patient_id)
    where status in ('final', 'amended', 'corrected') and score is not null
),

of_day as (
    select patient_id, instrument, score, taken_on
    from (
        select patient_id, counts_as as instrument, score::int as score, taken_on, taken_at, assessment_id from scale
        union all
        select patient_id, 'PHQ-9 item 9', item9_score::int, taken_on, taken_at, assessment_id
        from scale
        where counts_as = 'PHQ-9' and item9_score is not null
    )
    qualify row_number() over (
        partition by patient_id, instrument, taken_on order by taken_at desc, assessment_id desc
    ) = 1
)

select *, lead(taken_on) over (partition by patient_id, instrument order by taken_on) as next_on
from of_day;
