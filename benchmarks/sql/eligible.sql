-- Who is likely eligible on a clinic date: the rules that each patient triggers, outreach, and what became of it.
create temp view ruled as
select clinic.clinic_date, clinic.patient_id, rule.*
from clinic_patient as clinic
join case_finding_rule as rule
    on holds(clinic.clinic_date, rule.valid_from, rule.valid_to)
    and coalesce(clinic.age_years >= rule.age_min_years, true);

-- The scales that a rule looks for, and those that answer its scale when they are taken after it.
create temp table rule_scale as
select rule_id, 'looks_for' as purpose, unnest(string_split(instrument, ';')) as instrument
from case_finding_rule
union all
select rule_id, 'answers', unnest(string_split(superseded_by, ';'))
from case_finding_rule;

create temp table clinic_condition as
select clinic.clinic_date, clinic.patient_id, named.rule_id, named.code, nullif(named.known_on, date '1000-01-01') as known_on
from clinic_patient as clinic
join named_condition as named
    on clinic.patient_id = named.patient_id
    and clinic.clinic_date > named.known_on
    and coalesce(named.abated_on >= clinic.clinic_date, true)
    and holds(clinic.clinic_date, named.valid_from, named.valid_to)
where named.is_active
qualify row_number() over (
    partition by clinic.clinic_date, clinic.patient_id, named.rule_id
    order by named.known_on desc, named.condition_id
) = 1;

create temp table trigger_found as
with high as (
    select ruled.*, score_day.score, score_day.taken_on
    from ruled
    join score_day
        on ruled.patient_id = score_day.patient_id
        and ruled.instrument = score_day.instrument
        and ruled.clinic_date > score_day.taken_on
        and ruled.clinic_date - score_day.taken_on <= ruled.look_back_days
        and score_day.score >= ruled.threshold
        and coalesce(score_day.next_on >= ruled.clinic_date, true)
    where ruled.rule_kind in ('score', 'condition_score')
),

unanswered as (
    from high
    anti join (
        select patient_id, rule_id, taken_on
        from score_day
        join rule_scale on score_day.instrument = rule_scale.instrument and rule_scale.purpose = 'answers'
    ) as later
        on high.patient_id = later.patient_id
        and high.rule_id = later.rule_id
        and high.taken_on <= later.taken_on
        and high.clinic_date > later.taken_on
)

select
    high.clinic_date,
    high.patient_id,
    high.rule_id,
    high.taken_on as evidence_on,
    if(rule_kind = 'condition_score', clinic_condition.code || ' and ', '') || high.score as evidence_value
from unanswered as high
left join clinic_condition using (clinic_date, patient_id, rule_id)
where high.rule_kind = 'score' or clinic_condition.rule_id is not null;

insert into trigger_found
select ruled.clinic_date, ruled.patient_id, ruled.rule_id, clinic_condition.known_on, clinic_condition.code
from ruled
join clinic_condition using (clinic_date, patient_id, rule_id)
anti join bhc_visit
    on ruled.patient_id = bhc_visit.patient_id
    and ruled.clinic_date > bhc_visit.visit_on
    and ruled.clinic_date - bhc_visit.visit_on <= ruled.look_back_days
where ruled.rule_kind = 'condition_unseen';

-- An emergency visit has the diagnoses recorded at it, or on its day without a visit.
insert into trigger_found
with emergency as (
    select distinct visit.encounter_id, visit.patient_id, visit.started_on, named.rule_id, named.valid_from, named.valid_to
    from visit
    join named_condition as named
        on visit.patient_id = named.patient_id
        and (
            visit.encounter_id = named.encounter_id
            or (named.encounter_id is null and visit.started_on = named.recorded_on)
        )
    where visit.encounter_class = 'emergency' and visit.status in ('arrived', 'in-progress', 'finished')
)

select ruled.clinic_date, ruled.patient_id, ruled.rule_id, max(emergency.started_on), count(*)::varchar
from ruled
join emergency
    on ruled.patient_id = emergency.patient_id
    and ruled.rule_id = emergency.rule_id
    and ruled.clinic_date > emergency.started_on
    and ruled.clinic_date - emergency.started_on <= ruled.look_back_days
    and holds(ruled.clinic_date, emergency.valid_from, emergency.valid_to)
where ruled.rule_kind = 'emergency'
group by ruled.clinic_date, ruled.patient_id, ruled.rule_id, ruled.threshold
having count(*) >= ruled.threshold;

insert into trigger_found
with screen_day as (
    select distinct scored_version.patient_id, rule_scale.rule_id, scored_version.taken_on
    from scored_version
    semi join looked_at using (patient_id)
    join rule_scale on scored_version.counts_as = rule_scale.instrument and rule_scale.purpose = 'looks_for'
    join case_finding_rule as rule on rule_scale.rule_id = rule.rule_id and rule.rule_kind = 'no_screen'
    where
        scored_version.status in ('final', 'amended', 'corrected')
        and (scored_version.score is not null or scored_version.screen_result is not null)
),

last_screen as (
    select
        ruled.clinic_date,
        ruled.patient_id,
        ruled.rule_id,
        ruled.look_back_days,
        max(screen_day.taken_on) as taken_on
    from ruled
    left join screen_day
        on ruled.patient_id = screen_day.patient_id
        and ruled.rule_id = screen_day.rule_id
        and ruled.clinic_date > screen_day.taken_on
    where ruled.rule_kind = 'no_screen'
    group by all
)

select clinic_date, patient_id, rule_id, taken_on, if(taken_on is null, 'never', 'last')
from last_screen
where coalesce(clinic_date - taken_on > look_back_days, true);

create temp table tried as
select distinct
    segment.patient_id,
    segment.service_on as outreach_on,
    'outreach: ' || activity_type.outreach_outcome as what,
    false as is_refusal
from segment
join activity_type
    on segment.activity_code = activity_type.activity_code
    and activity_type.outreach_outcome is not null
    and holds(segment.service_on, activity_type.valid_from, activity_type.valid_to)
where segment.disposition not in ('voided', 'duplicate', 'future_dated')
union all
select distinct
    patient_id, authored_on, 'referral by ' || coalesce(method, 'unknown method') || ': ' || status, status = 'declined'
from known_referral
where
    service_line = 'behavioral_health'
    and status <> 'draft'
    and (coalesce(method = 'outreach', false) or status = 'declined')
union all
select distinct patient_id, ended_on, program || ': declined', true
from enrolled
where end_reason = 'declined' and program_precedence is not null and ended_on is not null;

create temp table clinic_outreach as
select
    clinic.clinic_date,
    clinic.patient_id,
    tried.outreach_on as last_outreach_on,
    tried.what,
    max(tried.outreach_on) filter (
        tried.is_refusal and clinic.clinic_date - tried.outreach_on <= cut_days('declined_outreach_days')
    ) over (partition by clinic.clinic_date, clinic.patient_id) as refused_on
from clinic_patient as clinic
join tried on clinic.patient_id = tried.patient_id and clinic.clinic_date > tried.outreach_on
qualify row_number() over (
    partition by clinic.clinic_date, clinic.patient_id
    order by tried.outreach_on desc, tried.is_refusal desc, tried.what
) = 1;

-- A referral counts whoever wrote it, unless the patient or the behavioral health side began it.
create temp table sent_referral as
from known_referral
where
    service_line = 'behavioral_health'
    and status <> 'draft'
    and not coalesce(do_not_perform, false)
    and authored_on <= getvariable('as_of');

create temp table clinic_outcome as
with referred as (
    select clinic.clinic_date, clinic.patient_id, min(sent_referral.authored_on) as referred_on
    from clinic_patient as clinic
    join sent_referral
        on clinic.patient_id = sent_referral.patient_id
        and sent_referral.authored_on >= clinic.clinic_date
        and sent_referral.authored_on - clinic.clinic_date <= cut_days('referral_within_days')
    where coalesce(sent_referral.method, 'order') not in ('self', 'outreach')
    group by all
),

enrolment_after as (
    select clinic.clinic_date, clinic.patient_id, min(enrolled.started_on) as enrolled_on
    from clinic_patient as clinic
    join enrolled
        on clinic.patient_id = enrolled.patient_id
        and enrolled.started_on >= clinic.clinic_date
        and enrolled.started_on - clinic.clinic_date <= cut_days('enrolled_within_days')
    where
        enrolled.has_force
        and enrolled.program_precedence is not null
        and enrolled.started_on <= getvariable('as_of')
    group by all
)

select
    clinic.clinic_date,
    clinic.patient_id,
    clinic.has_come or came.patient_id is not null as is_seen,
    referred.referred_on,
    enrolment_after.enrolled_on
from clinic_patient as clinic
left join (
    select distinct patient_id, started_on as clinic_date
    from visit
    where service_line = 'primary_care' and status = 'finished'
) as came using (patient_id, clinic_date)
left join referred using (clinic_date, patient_id)
left join enrolment_after using (clinic_date, patient_id)
where not clinic.is_to_come;

create table rpt_likely_eligible as
with triggered as (
    select
        trigger_found.clinic_date,
        trigger_found.patient_id,
        min(rule.priority)::int as first_priority,
        count(*)::int as trigger_count,
        string_agg(rule.rule_id, ';' order by rule.priority, rule.rule_id) as trigger_ids,
        string_agg(
            rule.sentence || ': ' || evidence_value || coalesce(' on ' || evidence_on, ''), '; '
            order by rule.priority, rule.rule_id
        ) as triggers
    from trigger_found
    join case_finding_rule as rule
        on trigger_found.rule_id = rule.rule_id
        and holds(trigger_found.clinic_date, rule.valid_from, rule.valid_to)
    group by all
)

select
    clinic.clinic_date,
    clinic.pcp_id,
    clinic.patient_id,
    clinic.team_id,
    clinic.appointment_id,
    clinic.appointment_at,
    clinic.appointment_local_time,
    (first_priority + if(refused_on is null, 0, cut_days('declined_priority_step')))::int as priority,
    triggers,
    trigger_ids,
    trigger_count,
    last_outreach_on || ' ' || what
    || if(refused_on is null, '', '; declined on ' || refused_on || ', priority lowered') as last_outreach,
    last_outreach_on,
    refused_on,
    case
        when clinic.is_to_come then null
        when enrolled_on is not null then 'enrolled'
        when referred_on is not null then 'referred'
        when is_seen then 'seen'
        else 'not_seen'
    end as what_happened,
    is_seen,
    referred_on,
    enrolled_on
from clinic_patient as clinic
join triggered using (clinic_date, patient_id)
left join clinic_outreach using (clinic_date, patient_id)
left join clinic_outcome using (clinic_date, patient_id);
