-- The outcome of the checks, the status, the program that is kept of two that exclude each other, and the lines.
create temp table judged as
select
    month.*,
    code.* exclude (patient_id, program, service_month, policy_version, date_of_service, fee_schedule_id, rate_multiplier),
    getvariable('as_of') >= month.month_end_on as is_month_over,
    date_diff('year', month.birth_date, month.date_of_service)
        - (strftime(month.date_of_service, '%m%d') < strftime(month.birth_date, '%m%d'))::int as age_years,
    already_billed.patient_id is not null as is_already_billed,
    list_filter([
        if((age_min_years is not null or age_max_years is not null)
            and not coalesce(age_years between coalesce(age_min_years, age_years) and coalesce(age_max_years, age_years), false),
            'age_limit', null),
        if(apcm_code.procedure_code is not null and apcm_line.patient_id is null, 'apcm_base', null),
        if(billing_practitioner.date_of_service is null, 'billing_practitioner', null),
        if(code.base_code is not null
            and not (list_contains(string_split(covered_codes, ';'), code.base_code)
                and (code.addon_code is null or list_contains(string_split(covered_codes, ';'), code.addon_code))),
            'code_covered', null),
        if(credited_seconds > 0 and consent_on_file.patient_id is null, 'consent_on_file', null),
        if(coverage_id is null, 'coverage_in_force', null),
        if(diagnosed.patient_id is null, 'eligible_diagnosis', null),
        if(initiating_visit_days is not null and month.chain_started_on is not null and visited.patient_id is null,
            'initiating_visit', null),
        if(excluded_month.patient_id is not null, 'no_exclusive_code', null),
        if(already_billed.patient_id is not null, 'not_already_billed', null),
        if(credited_seconds > 0 and months_in_chain > max_months, 'prior_authorization', null),
        if(month.program = 'cocm' and psychiatric_review_rule <> 'none' and reviewed.patient_id is null,
            'psychiatric_review', null),
        if(coalesce(lowest_payer_id, payer_id, '') <> coalesce(payer_id, '')
            or coalesce(highest_payer_id, payer_id, '') <> coalesce(payer_id, ''), 'single_payer_month', null),
        if(documented_late.patient_id is not null, 'timely_documentation', null),
        if(getvariable('as_of') > month.date_of_service + filing_limit_days, 'timely_filing', null),
        if(code.addon_units > review_units_99494, 'unit_limit', null),
        if(scored.patient_id is null, 'validated_scale', null)
    ], lambda check_id: check_id is not null) as failed,
    list_filter(failed, lambda check_id: not list_contains(string_split(review_checks, ';'), check_id)) as blocking,
    list_filter(failed, lambda check_id: list_contains(string_split(review_checks, ';'), check_id)) as in_review,
    case
        when code.base_code is null then 'not_billable'
        when is_already_billed then 'submitted'
        when not is_month_over then 'in_progress'
        when len(blocking) > 0 then 'held'
        when len(in_review) > 0 then 'review'
        else 'ready'
    end as own_status
from month_of_program as month
join month_amount as code using (patient_id, program, service_month)
left join consent_on_file using (patient_id, program, service_month)
left join diagnosed using (patient_id, program, service_month)
left join excluded_month using (patient_id, program, service_month)
left join documented_late using (patient_id, program, service_month)
left join scored using (patient_id, program, service_month)
left join reviewed on month.patient_id = reviewed.patient_id and month.service_month = reviewed.service_month
left join visited
    on month.patient_id = visited.patient_id
    and month.program = visited.program
    and month.chain_started_on = visited.chain_started_on
left join billing_practitioner
    on month.billing_practitioner_id = billing_practitioner.billing_practitioner_id
    and month.date_of_service = billing_practitioner.date_of_service
left join (select distinct patient_id, service_month, code_family from standing_line) as already_billed
    on month.patient_id = already_billed.patient_id
    and month.service_month = already_billed.service_month
    and month.program = already_billed.code_family
left join (
    select distinct patient_id, service_month, billing_practitioner_id from standing_line where code_family = 'apcm'
) as apcm_line
    on month.patient_id = apcm_line.patient_id
    and month.service_month = apcm_line.service_month
    and month.billing_practitioner_id = apcm_line.billing_practitioner_id
left join (select distinct procedure_code from code_ladder where path = 'apcm' and rung = 'base') as apcm_code
    on code.base_code = apcm_code.procedure_code;

create temp table rival as
with ranked as (
    select
        *,
        row(
            list_position(['submitted', 'ready', 'review', 'in_progress', 'held'], own_status),
            -coalesce(month_amount_usd, -1),
            if(program = 'cocm', 1, 2)
        ) as precedence
    from judged
    where base_code is not null
)

select distinct
    own.patient_id,
    own.program,
    own.service_month,
    md5(other.patient_id || '|' || other.program || '|' || other.service_month || '|base') as suppressed_by
from ranked as own
join ranked as other
    on own.patient_id = other.patient_id
    and own.service_month = other.service_month
    and own.program <> other.program
    and other.precedence < own.precedence
join exclusive_pair
    on exclusive_pair.own_code in (own.base_code, own.addon_code)
    and exclusive_pair.other_code in (other.base_code, other.addon_code)
    and own.date_of_service between exclusive_pair.pair_from and exclusive_pair.pair_to;

create temp table candidate as
select
    md5(judged.patient_id || '|' || judged.program || '|' || judged.service_month || '|' || line.kind) as candidate_id,
    judged.patient_id,
    judged.program,
    judged.service_month,
    if(line.kind = 'base', judged.base_code, judged.addon_code) as procedure_code,
    if(line.kind = 'base', (judged.base_code is not null)::int, judged.addon_units) as units,
    if(rival.suppressed_by is null, judged.own_status, 'not_billable') as status,
    judged.month_type,
    judged.credited_minutes,
    judged.unbilled_minutes,
    judged.date_of_service,
    judged.payer_id,
    judged.policy_version,
    judged.billing_practitioner_id,
    latest_practitioner.npi as billing_npi,
    judged.team_id,
    judged.place_of_service,
    if(line.kind = 'base', judged.base_amount_usd, judged.addon_amount_usd) as expected_amount_usd,
    nullif(array_to_string(judged.blocking, ';'), '') as blocking_check_ids,
    nullif(array_to_string(judged.in_review, ';'), '') as review_check_ids,
    rival.suppressed_by,
    line.kind as claim_line_kind,
    judged.episode_id
from judged
join (values ('base'), ('addon')) as line(kind) on line.kind = 'base' or judged.addon_code is not null
left join rival using (patient_id, program, service_month)
left join latest_practitioner on judged.billing_practitioner_id = latest_practitioner.practitioner_id;

create temp table patient_month as
select
    judged.patient_id,
    judged.program,
    judged.service_month,
    judged.month_type,
    judged.credited_seconds,
    judged.credited_minutes,
    judged.uncredited_seconds,
    judged.contacts,
    judged.payer_id,
    judged.care_manager_id,
    judged.billing_practitioner_id,
    judged.team_id,
    judged.is_month_over,
    greatest(judged.month_end_on - getvariable('as_of'), 0)::int as days_left,
    judged.minutes_to_next_tier,
    judged.next_tier_amount_usd,
    judged.episode_id,
    coalesce(columns('^(?:voided|duplicate|future_dated|unknown_patient|unknown_staff|no_episode|after_death|outside_consent|unqualified_staff|not_countable_activity|billed_separately|facility_stay|staff_overlap|patient_overlap|credited_[a-z_]+)_seconds$'), 0) as '\0'
from judged;
