-- Every check of every candidate with the evidence that decided it.
create temp table found_evidence as
with month as (
    select
        patient_id, program, service_month, month_end_on, date_of_service, time_zone, policy_version, base_code,
        addon_code, first_credited_at, scale_max_age_days, initiating_visit_days, chain_started_on,
        late_documentation_days, billing_practitioner_id
    from judged
)

select month.patient_id, month.program, month.service_month, 'consent_on_file' as check_id, consent_id as evidence_id,
    granted_at::date as evidence_on, row_number() over (
        partition by month.patient_id, month.program, month.service_month order by granted_at desc, consent_id
    ) as place
from month
join latest_consent
    on month.patient_id = latest_consent.patient_id
    and month.program = latest_consent.program
    and granted_at <= first_credited_at
    and coalesce(revoked_at > first_credited_at, true)
union all
select month.patient_id, month.program, month.service_month, 'validated_scale', event_id, happened_on, row_number() over (
        partition by month.patient_id, month.program, month.service_month order by happened_on desc, event_id
    )
from month
join happened
    on month.patient_id = happened.patient_id
    and month.time_zone = happened.time_zone
    and happened.kind = 'score'
    and happened_on >= service_month - scale_max_age_days
    and happened_on <= month_end_on
union all
select month.patient_id, month.program, month.service_month, 'initiating_visit', event_id, happened_on, row_number() over (
        partition by month.patient_id, month.program, month.service_month order by happened_on desc, event_id
    )
from month
join happened
    on month.patient_id = happened.patient_id
    and month.time_zone = happened.time_zone
    and happened.kind = 'visit'
    and happened_on >= chain_started_on - initiating_visit_days
    and happened_on <= chain_started_on
union all
select month.patient_id, month.program, month.service_month, 'psychiatric_review', event_id, happened_on, row_number() over (
        partition by month.patient_id, month.program, month.service_month order by happened_on, event_id
    )
from month
join happened
    on month.patient_id = happened.patient_id
    and month.time_zone = happened.time_zone
    and happened.kind = 'review'
    and happened_on >= service_month
    and happened_on <= month_end_on
join latest_staffing
    on happened.by_id = latest_staffing.practitioner_id
    and latest_staffing.role = 'psychiatric_consultant'
    and happened_on >= latest_staffing.valid_from
    and happened_on < latest_staffing.valid_until
where month.program = 'cocm'
union all
select month.patient_id, month.program, month.service_month, 'eligible_diagnosis', condition_id,
    nullif(began_on, date '1000-01-01'), row_number() over (
        partition by month.patient_id, month.program, month.service_month order by began_on desc, condition_id
    )
from month
join accepted_diagnosis as accepted
    on month.patient_id = accepted.patient_id
    and month.policy_version = accepted.policy_version
    and accepted.began_on <= month.date_of_service
    and accepted.abated_on > month.date_of_service
union all
select month.patient_id, month.program, month.service_month, 'timely_documentation', entry_id, service_on, row_number() over (
        partition by month.patient_id, month.program, month.service_month order by service_on, entry_id
    )
from month
join late_segment using (patient_id, program, service_month)
where late_segment.days_late > month.late_documentation_days
union all
select month.patient_id, month.program, month.service_month, named.check_id, claim_line_id, service_on, row_number() over (
        partition by month.patient_id, month.program, month.service_month, named.check_id
        order by service_on, claim_line_id
    )
from month
join billed_line as line
    on month.patient_id = line.patient_id and month.service_month = line.service_month and line.is_standing
cross join (values ('not_already_billed'), ('no_exclusive_code'), ('apcm_base')) as named(check_id)
left join exclusive_pair
    on named.check_id = 'no_exclusive_code'
    and line.procedure_code = exclusive_pair.other_code
    and exclusive_pair.own_code in (month.base_code, month.addon_code)
    and month.date_of_service between exclusive_pair.pair_from and exclusive_pair.pair_to
where case named.check_id
    when 'not_already_billed' then line.code_family = month.program
    when 'apcm_base' then line.code_family = 'apcm' and line.billing_practitioner_id = month.billing_practitioner_id
    else exclusive_pair.own_code is not null
end;

create table fct_claim_check as
with looked_for as (
    select
        judged.patient_id,
        judged.program,
        judged.service_month,
        judged.date_of_service,
        judged.failed,
        judged.review_checks,
        unnest([
            {'check_id': 'age_limit', 'kind': 'patient', 'id': null, 'on_day': null, 'is_asked': true},
            {'check_id': 'apcm_base', 'kind': 'claim_line', 'id': null, 'on_day': null,
                'is_asked': apcm_code.procedure_code is not null},
            {'check_id': 'billing_practitioner', 'kind': 'practitioner', 'id': billing_practitioner_id,
                'on_day': date_of_service, 'is_asked': true},
            {'check_id': 'code_covered', 'kind': 'policy', 'id': policy_version, 'on_day': date_of_service,
                'is_asked': base_code is not null},
            {'check_id': 'consent_on_file', 'kind': 'consent', 'id': null, 'on_day': null,
                'is_asked': credited_seconds > 0},
            {'check_id': 'coverage_in_force', 'kind': 'coverage', 'id': coverage_id, 'on_day': date_of_service,
                'is_asked': true},
            {'check_id': 'eligible_diagnosis', 'kind': 'condition', 'id': null, 'on_day': null, 'is_asked': true},
            {'check_id': 'initiating_visit', 'kind': 'encounter', 'id': null, 'on_day': null,
                'is_asked': initiating_visit_days is not null and chain_started_on is not null},
            {'check_id': 'no_exclusive_code', 'kind': 'claim_line', 'id': null, 'on_day': null, 'is_asked': true},
            {'check_id': 'not_already_billed', 'kind': 'claim_line', 'id': null, 'on_day': null, 'is_asked': true},
            {'check_id': 'prior_authorization', 'kind': 'policy', 'id': policy_version, 'on_day': chain_started_on,
                'is_asked': max_months is not null and credited_seconds > 0},
            {'check_id': 'psychiatric_review', 'kind': 'case_review', 'id': null, 'on_day': null,
                'is_asked': program = 'cocm' and psychiatric_review_rule is distinct from 'none'},
            {'check_id': 'single_payer_month', 'kind': 'coverage', 'id': coverage_id, 'on_day': date_of_service,
                'is_asked': true},
            {'check_id': 'timely_documentation', 'kind': 'care_activity', 'id': null, 'on_day': null, 'is_asked': true},
            {'check_id': 'timely_filing', 'kind': 'policy', 'id': policy_version,
                'on_day': date_of_service + filing_limit_days, 'is_asked': true},
            {'check_id': 'unit_limit', 'kind': 'policy', 'id': policy_version, 'on_day': date_of_service,
                'is_asked': true},
            {'check_id': 'validated_scale', 'kind': 'assessment', 'id': null, 'on_day': null, 'is_asked': true}
        ], recursive := true)
    from judged
    left join (select distinct procedure_code from code_ladder where path = 'apcm' and rung = 'base') as apcm_code
        on judged.base_code = apcm_code.procedure_code
),

answered as (
    select
        looked_for.*,
        case
            when not is_asked then 'not_applicable'
            when list_contains(failed, check_id) then 'fail'
            else 'pass'
        end as outcome,
        coalesce(looked_for.id, found.evidence_id) as evidence_id,
        if(looked_for.id is null, found.evidence_on, looked_for.on_day) as evidence_on
    from looked_for
    left join (from found_evidence where place = 1) as found using (patient_id, program, service_month, check_id)
)

select
    candidate.candidate_id,
    answered.check_id,
    if(lists(answered.review_checks, answered.check_id), 'review', 'block') as severity,
    answered.outcome,
    answered.kind as evidence_kind,
    answered.evidence_id,
    answered.evidence_on,
    case answered.outcome
        when 'pass' then claim_check.sentence_pass
        when 'fail' then claim_check.sentence_fail
        else claim_check.sentence_not_applicable
    end as explanation,
    candidate.policy_version,
    claim_check.who_can_fix
from candidate
join answered using (patient_id, program, service_month)
left join claim_check
    on answered.check_id = claim_check.check_id
    and holds(candidate.date_of_service, claim_check.valid_from, claim_check.valid_to);
