-- What the checks look for: one row a month of a program for which it was found.
create temp table patient_zone as
select distinct patient_id, time_zone from month_of_program;

create temp table happened as
select
    patient_zone.patient_id,
    patient_zone.time_zone,
    event.kind,
    event.event_id,
    event.by_id,
    (event.happened_at + to_seconds(zone_offset.offset_seconds))::date as happened_on
from (
    select
        patient_id, 'visit' as kind, encounter_id as event_id, practitioner_id as by_id, started_at as happened_at
    from latest_encounter
    where
        service_line = 'primary_care'
        and status = 'finished'
        and (
            billing_codes is null
            or list_has_any(
                string_split(replace(billing_codes, ' ', ''), ';'),
                (select list(procedure_code) from procedure_code where is_initiating_visit)
            )
        )
    union all
    select patient_id, 'score', assessment_id, null, taken_at from latest_assessment where is_validated
    union all
    select patient_id, 'review', review_id, psychiatric_consultant_id, reviewed_at from latest_case_review
) as event
join patient_zone using (patient_id)
join offset_utc as zone_offset
    on patient_zone.time_zone = zone_offset.time_zone
    and year(event.happened_at) = zone_offset.utc_year
    and event.happened_at >= zone_offset.utc_from
    and event.happened_at < zone_offset.utc_until;

create temp table visited as
select distinct month.patient_id, month.program, month.chain_started_on
from (
    select distinct patient_id, program, time_zone, chain_started_on, initiating_visit_days from month_of_program
) as month
join happened
    on month.patient_id = happened.patient_id
    and month.time_zone = happened.time_zone
    and happened.kind = 'visit'
    and happened.happened_on between month.chain_started_on - month.initiating_visit_days and month.chain_started_on;

create temp table scored as
select month.patient_id, month.program, month.service_month
from month_of_program as month
semi join happened
    on month.patient_id = happened.patient_id
    and month.time_zone = happened.time_zone
    and happened.kind = 'score'
    and happened.happened_on >= month.service_month - month.scale_max_age_days
    and happened.happened_on <= month.month_end_on;

create temp table reviewed as
select distinct month.patient_id, month.service_month
from month_of_program as month
join happened
    on month.patient_id = happened.patient_id
    and month.time_zone = happened.time_zone
    and happened.kind = 'review'
    and happened.happened_on between month.service_month and month.month_end_on
join latest_staffing
    on happened.by_id = latest_staffing.practitioner_id
    and latest_staffing.role = 'psychiatric_consultant'
    and happened.happened_on >= latest_staffing.valid_from
    and happened.happened_on < latest_staffing.valid_until
where month.program = 'cocm';

create temp table accepted_diagnosis as
select
    diagnosis.condition_id,
    diagnosis.patient_id,
    accepted.policy_version,
    coalesce(diagnosis.onset_on, diagnosis.recorded_on, date '1000-01-01') as began_on,
    coalesce(diagnosis.abated_on, date '9999-12-31') as abated_on
from (
    select
        latest_condition.*,
        upper(replace(coalesce(latest_condition.icd10_code, code_map.value), '.', '')) as diagnosis_code
    from latest_condition
    left join code_map
        on code_map.feed = 'condition'
        and code_map."column" = 'icd10_code'
        and latest_condition.snomed_code = code_map.code
    where
        coalesce(verification_status, '') not in ('refuted', 'entered-in-error')
        and (abated_on is not null or coalesce(clinical_status, '') not in ('inactive', 'remission', 'resolved'))
) as diagnosis
join (
    select
        policy_version,
        unnest(string_split(upper(replace(diagnosis_codes, '.', '')), ';')) as code_range,
        trim(split_part(code_range, '-', 1)) as first_code,
        trim(if(contains(code_range, '-'), split_part(code_range, '-', 2), code_range)) as last_code
    from payer_policy
) as accepted
    on left(diagnosis.diagnosis_code, length(accepted.first_code)) >= accepted.first_code
    and left(diagnosis.diagnosis_code, length(accepted.last_code)) <= accepted.last_code;

create temp table diagnosed as
select month.patient_id, month.program, month.service_month
from month_of_program as month
semi join accepted_diagnosis as accepted
    on month.patient_id = accepted.patient_id
    and month.policy_version = accepted.policy_version
    and accepted.began_on <= month.date_of_service
    and accepted.abated_on > month.date_of_service;

create temp table consent_on_file as
select month.patient_id, month.program, month.service_month
from month_of_program as month
semi join latest_consent
    on month.patient_id = latest_consent.patient_id
    and month.program = latest_consent.program
    and latest_consent.granted_at <= month.first_credited_at
    and coalesce(latest_consent.revoked_at, timestamp '9999-12-31') > month.first_credited_at;

create temp table late_segment as
select distinct
    segment.entry_id,
    segment.patient_id,
    segment.program,
    segment.service_month,
    segment.service_on,
    coalesce((entry.documented_at + to_seconds(zone_offset.offset_seconds))::date, date '9999-12-31')
        - segment.service_on as days_late
from segment
join entry using (entry_id)
join enrolment on segment.episode_id = enrolment.episode_id
left join offset_utc as zone_offset
    on enrolment.time_zone = zone_offset.time_zone
    and year(entry.documented_at) = zone_offset.utc_year
    and entry.documented_at >= zone_offset.utc_from
    and entry.documented_at < zone_offset.utc_until
where
    segment.disposition = 'credited'
    -- Local dates differ from those in UTC by one day at most: what is written down by then is not late.
    and (
        entry.documented_at is null
        or entry.documented_at >= segment.service_on - 1 + (select min(late_documentation_days) from payer_policy)
    );

create temp table documented_late as
select month.patient_id, month.program, month.service_month
from month_of_program as month
semi join late_segment
    on month.patient_id = late_segment.patient_id
    and month.program = late_segment.program
    and month.service_month = late_segment.service_month
    and late_segment.days_late > month.late_documentation_days;

create temp table standing_line as
select
    latest_claim_line.patient_id,
    latest_claim_line.procedure_code,
    procedure_code.code_family,
    date_trunc('month', service_on)::date as service_month,
    latest_claim_line.billing_practitioner_id
from latest_claim_line
left join procedure_code
    on latest_claim_line.procedure_code = procedure_code.procedure_code
    and latest_claim_line.service_on
    between coalesce(procedure_code.valid_from, date '1000-01-01') and coalesce(procedure_code.valid_to, date '9999-12-31')
where latest_claim_line.status in ('submitted', 'paid');

create temp table exclusive_pair as
select code_a as own_code, code_b as other_code,
    coalesce(valid_from, date '1000-01-01') as pair_from, coalesce(valid_to, date '9999-12-31') as pair_to
from code_exclusivity
union
select code_b, code_a, coalesce(valid_from, date '1000-01-01'), coalesce(valid_to, date '9999-12-31') from code_exclusivity;

create temp table excluded_month as
select distinct month.patient_id, month.program, month.service_month
from month_amount as month
join standing_line using (patient_id, service_month)
join exclusive_pair
    on standing_line.procedure_code = exclusive_pair.other_code
    and exclusive_pair.own_code in (month.base_code, month.addon_code)
    and month.date_of_service between exclusive_pair.pair_from and exclusive_pair.pair_to;

create temp table valid_npi as
select practitioner_id
from latest_practitioner
where
    regexp_full_match(npi, '[0-9]{10}')
    and (24 + list_sum([
        case when place % 2 = 1 then npi[place]::int * 2 // 10 + npi[place]::int * 2 % 10 else npi[place]::int end
        for place in range(1, 11)
    ])) % 10 = 0;

create temp table billing_practitioner as
select distinct month.billing_practitioner_id, month.date_of_service
from month_of_program as month
join valid_npi on month.billing_practitioner_id = valid_npi.practitioner_id
join latest_staffing
    on month.billing_practitioner_id = latest_staffing.practitioner_id
    and latest_staffing.role = 'pcp'
    and month.date_of_service >= latest_staffing.valid_from
    and month.date_of_service < latest_staffing.valid_until;
