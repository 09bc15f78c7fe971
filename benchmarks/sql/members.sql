-- The members of every metric, each with its parts of the numerator and of the denominator.
-- Names by the ten million are kept as their numbers, in the order of the names.
create type metric_name as enum (select distinct metric_id from metric_definition order by metric_id);
create type entity_kind as enum ('organization', 'payer', 'practitioner', 'site', 'team');
create type period_kind as enum (select distinct period_type from period order by period_type);

create table fct_metric_member (
    metric_id metric_name, entity_type entity_kind, entity_id varchar, period_type period_kind, period_start_on date,
    patient_id varchar, in_denominator boolean, in_numerator boolean, denominator_part double, numerator_part double,
    exclusion_reason varchar, evidence_on date, evidence_value double
);

insert into fct_metric_member
with panel_period_opened as (
    select distinct period_type, period_start_on, period_end_on, is_opened from panel_total
),

seen as (
    select patient_id, period_end_on, visits, last_visit_on
    from bhc_patient_year
    where entity_type = 'organization'
),

panel_member as (
    select membership.entity_type, membership.entity_id, opened.*, membership.patient_id
    from membership
    join panel_period_opened as opened
        on opened.is_opened
        and opened.period_end_on >= membership.valid_from
        and opened.period_end_on < membership.valid_until
)

select
    'pcbh_penetration', entity_type, entity_id, period_type, period_start_on, patient_id,
    true, seen.patient_id is not null, 1, (seen.patient_id is not null)::int, null, seen.last_visit_on, seen.visits
from panel_member
left join seen using (patient_id, period_end_on)
union all
select
    'pcbh_penetration', membership.entity_type, membership.entity_id, period_type, period_start_on,
    membership.patient_id, true, true, 1, 1, null, seen.last_visit_on, seen.visits
from seen
join panel_period_opened as opened on seen.period_end_on = opened.period_end_on and not opened.is_opened
join membership
    on seen.patient_id = membership.patient_id
    and seen.period_end_on >= membership.valid_from
    and seen.period_end_on < membership.valid_until;

insert into fct_metric_member
select
    'pcbh_warm_handoff_share', entity_type, entity_id, period_type, period_start_on, patient_id,
    true, warm_handoffs > 0, visits, warm_handoffs, null, last_visit_on, visits
from bhc_patient_period
union all
select
    'pcbh_unique_patients_per_day', entity_type, entity_id, period_type, period_start_on, patient_id,
    false, days_seen > 0, 0, days_seen, null, last_visit_on, visits
from bhc_patient_period
where entity_type = 'practitioner'
union all
select
    'pcbh_followup_1_2_weeks', entity_type, entity_id, period_type, period_start_on, patient_id,
    true, returns_1_2_weeks > 0, return_visits, returns_1_2_weeks, null, last_return_on, return_visits
from bhc_patient_period
where return_visits > 0
union all
select
    'pcbh_followup_3_4_weeks', entity_type, entity_id, period_type, period_start_on, patient_id,
    true, returns_3_4_weeks > 0, return_visits, returns_3_4_weeks, null, last_return_on, return_visits
from bhc_patient_period
where return_visits > 0
union all
select
    'pcbh_followup_5_plus_weeks', entity_type, entity_id, period_type, period_start_on, patient_id,
    true, returns_5_plus_weeks > 0, return_visits, returns_5_plus_weeks, null, last_return_on, return_visits
from bhc_patient_period
where return_visits > 0
union all
select
    'pcbh_followup_mean_days', entity_type, entity_id, period_type, period_start_on, patient_id,
    true, gap_days > 0, return_visits, gap_days, null, last_return_on, gap_days
from bhc_patient_period
where return_visits > 0;

insert into fct_metric_member
select
    'pcbh_visits_per_patient', entity_type, entity_id, period_type, period_start_on, patient_id,
    true, true, 1, visits, null, last_visit_on, visits
from bhc_patient_year
join period using (period_end_on)
where
    entity_type in ('practitioner', 'team')
    and period_type in ('month', 'quarter', 'year', 'trailing_365_days');

insert into fct_metric_member
with seen_day as (
    select distinct patient_id, visit_on from bhc_visit
)

select
    'pcbh_same_day_access', 'team', coalesce(known_referral.team_id, panel_period.team_id) as entity_id,
    period_type, period_start_on, known_referral.patient_id,
    true, count(seen_day.patient_id) > 0, count(*), count(seen_day.patient_id), null, max(authored_on), count(*)
from known_referral
join period_day on known_referral.authored_on = period_day.day_on
left join seen_day
    on known_referral.patient_id = seen_day.patient_id and known_referral.authored_on = seen_day.visit_on
left join panel_period
    on known_referral.patient_id = panel_period.patient_id
    and known_referral.authored_on >= panel_period.valid_from
    and known_referral.authored_on < panel_period.valid_until
where
    known_referral.service_line = 'behavioral_health'
    and known_referral.status <> 'draft'
    and period_type in ('month', 'quarter', 'year', 'trailing_365_days')
    and coalesce(known_referral.team_id, panel_period.team_id) is not null
group by all;

-- A consultant's own site on a day is that of most of the visits in person, else that of the staffing.
insert into fct_metric_member
with in_person as (
    select practitioner_id, visit_on, site_id, count(*) as visits
    from bhc_visit
    where modality = 'in_person' and site_id is not null
    group by all
),

own_site as (
    select practitioner_id, visit_on, any_value(site_id) as site_id
    from (from in_person qualify visits = max(visits) over (partition by practitioner_id, visit_on))
    group by all
    having count(*) = 1
),

handoff as (
    select
        bhc_visit.*,
        coalesce(
            modality in ('video', 'phone') and coalesce(own_site.site_id, home_site_id) <> bhc_visit.site_id, false
        ) as is_cross_site
    from bhc_visit
    left join own_site using (practitioner_id, visit_on)
    where is_warm_handoff and bhc_visit.site_id is not null
)

select
    'pcbh_cross_site_warm_handoff_share', 'site', site_id, period_type, period_start_on, patient_id,
    true, bool_or(is_cross_site), count(*), count(*) filter (is_cross_site), null, max(visit_on), count(*)
from handoff
join period_day on handoff.visit_on = period_day.day_on
where period_type in ('month', 'quarter', 'year', 'trailing_365_days')
group by all;

insert into fct_metric_member
with placed as (
    select 'practitioner' as entity_type, care_manager_id as entity_id, *
    from cocm_patient_period
    where care_manager_id is not null
    union all
    select 'team', team_id, * from cocm_patient_period where team_id is not null
)

select
    metric_id, entity_type, entity_id, period_type, period_start_on, patient_id,
    false, true, 0, 1, null, last_day_on, days_in_treatment
from placed
cross join (values ('cocm_active_patients'), ('cocm_active_patients_per_fte')) as metric(metric_id)
union all
select
    'cocm_billable_patients', entity_type, entity_id, period_type, period_start_on, patient_id,
    false, is_billable = 1, 0, is_billable, null, last_day_on, billable_months
from placed
union all
select
    'cocm_billable_rate', entity_type, entity_id, period_type, period_start_on, patient_id,
    true, is_billable = 1, 1, is_billable, null, last_day_on, billable_months
from placed
union all
select
    'cocm_minutes_per_active_patient', entity_type, entity_id, period_type, period_start_on, patient_id,
    true, credited_minutes > 0, 1, credited_minutes, null, last_day_on, credited_minutes
from placed
where entity_type = 'practitioner'
union all
select
    'cocm_case_reviews_per_active', entity_type, entity_id, period_type, period_start_on, patient_id,
    true, case_reviews > 0, 1, case_reviews, null, last_reviewed_on, case_reviews
from placed
where entity_type = 'team';

insert into fct_metric_member
select
    'cocm_claim_ready_rate', 'team', team_id, period_type, period_start_on, patient_id,
    true, count(*) filter (status in ('ready', 'submitted')) > 0,
    count(*), count(*) filter (status in ('ready', 'submitted')), null, max(date_of_service), count(*)
from candidate
join cocm_period on service_month between period_start_on and period_end_on
where program = 'cocm' and procedure_code is not null and team_id is not null
group by all
union all
select
    'cocm_three_contacts', 'team', team_id, period_type, period_start_on, patient_id,
    true, count(*) filter (engaged_on <= period_end_on) > 0,
    count(*), count(*) filter (engaged_on <= period_end_on), null, max(started_on), count(*)
from cocm_engaged
join cocm_period
    on started_on between period_end_on - cut_days('begun_max_age_days') and period_end_on - cut_days('begun_min_age_days')
group by all
union all
select
    'cocm_early_followup', 'team', team_id, period_type, period_start_on, patient_id,
    true, count(*) filter (second_on <= first_on + cut_days('early_followup_days')) > 0,
    count(*), count(*) filter (second_on <= first_on + cut_days('early_followup_days')), null, max(first_on), count(*)
from cocm_engaged
join cocm_period
    on first_on between period_end_on - cut_days('begun_max_age_days') and period_end_on - cut_days('begun_min_age_days')
group by all
union all
select
    'cocm_days_referral_to_contact', 'team', team_id, period_type, period_start_on, patient_id,
    true, true, count(*), sum(days_to_contact), null, max(contact_on), sum(days_to_contact)
from cocm_referral
join cocm_period on contact_on between period_start_on and period_end_on
group by all;

insert into fct_metric_member
with followed as (
    from cocm_outcome
    where is_measured_by and days_in_treatment >= cut('not_improving_days') and team_id is not null
),

matured as (
    select 'team' as entity_type, team_id as entity_id, * from cocm_outcome where team_id is not null
    union all
    select 'payer', payer_id, * from cocm_outcome where payer_id is not null
)

select
    'cocm_improved_70_days', 'team', team_id, period_type, period_start_on, patient_id,
    true, is_improved = 1, 1, is_improved, null, latest_on, latest_score
from followed
union all
select
    'cocm_not_improved_reviewed', 'team', team_id, period_type, period_start_on, patient_id,
    true, is_reviewed = 1, 1, is_reviewed, null, latest_on, latest_score
from followed
where is_improved = 0
union all
select
    'cocm_not_improved_changed', 'team', team_id, period_type, period_start_on, patient_id,
    true, is_changed = 1, 1, is_changed, null, latest_on, latest_score
from followed
where is_improved = 0
union all
select
    'cocm_response', entity_type, entity_id, period_type, period_start_on, patient_id,
    true, is_response = 1, 1, is_response, null, latest_on, latest_score
from matured
where counts_as = 'PHQ-9' and (is_ended or days_in_treatment >= cut('outcome_min_days'))
union all
select
    'cocm_remission', entity_type, entity_id, period_type, period_start_on, patient_id,
    true, is_remission = 1, 1, is_remission, null, latest_on, latest_score
from matured
where counts_as = 'PHQ-9' and (is_ended or days_in_treatment >= cut('outcome_min_days'));
