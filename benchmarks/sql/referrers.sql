-- Each provider in each period: what was there to refer, what was sent and what it came to.
create temp table card_period as
from period
where period_type in ('month', 'trailing_3_months');

create temp table pcp_period as
with staffed as (
    select practitioner_id as pcp_id, period_type, period_start_on, arg_max(team_id, valid_from) as team_id
    from home
    join card_period on valid_from <= period_end_on and valid_until > period_start_on
    where staffed_as = 'pcp'
    group by all
),

paneled as (
    select distinct entity_id as pcp_id, card.period_type, card.period_start_on, panel_patients, seen_patients
    from panel_total
    join card_period as card using (period_end_on)
    where entity_type = 'practitioner'
),

panel_team as (
    select pcp_id, min(team_id) as any_team_id
    from panel_period
    where pcp_id is not null
    group by all
)

select
    pcp_id,
    period_type,
    period_start_on,
    period_end_on,
    coalesce(staffed.team_id, panel_team.any_team_id, 'unknown') as team_id,
    coalesce(paneled.panel_patients, 0)::int as panel_patients,
    coalesce(paneled.seen_patients, 0)::int as visited_patients
from staffed
full join paneled using (pcp_id, period_type, period_start_on)
join card_period using (period_type, period_start_on)
left join panel_team using (pcp_id);

create temp table pcp_seen as
select membership.entity_id as pcp_id, seen.period_type, seen.period_start_on, count(*)::int as patients_seen
from (
    select distinct visit.patient_id, card.period_type, card.period_start_on, card.period_end_on
    from visit
    join period_day on visit.started_on = period_day.day_on
    join card_period as card using (period_type, period_start_on)
    where visit.service_line = 'primary_care' and visit.status = 'finished'
) as seen
join membership
    on seen.patient_id = membership.patient_id
    and membership.entity_type = 'practitioner'
    and seen.period_end_on >= membership.valid_from
    and seen.period_end_on < membership.valid_until
group by all;

-- Demand is known for the months for which clinic dates are looked at.
create temp table pcp_demand as
with patient_period as (
    select
        eligible.pcp_id,
        card.period_type,
        card.period_start_on,
        eligible.patient_id,
        bool_or(eligible.referred_on is not null) as was_referred
    from rpt_likely_eligible as eligible
    join card_period as card on eligible.clinic_date between card.period_start_on and card.period_end_on
    where
        eligible.is_seen
        and card.period_start_on >= (getvariable('as_of') + 1 - to_months(cut_days('case_finding_months')))::date
    group by all
)

select
    pcp_id,
    period_type,
    period_start_on,
    count(*)::int as likely_eligible_seen,
    count(*) filter (was_referred)::int as likely_eligible_referred
from patient_period
group by all;

create temp table sent_contact as
with met as (
    select patient_id, visit_on as met_on from bhc_visit
    union
    select segment.patient_id, segment.service_on
    from segment
    join activity_type
        on segment.activity_code = activity_type.activity_code
        and activity_type.is_contact
        and holds(segment.service_on, activity_type.valid_from, activity_type.valid_to)
    where segment.disposition = 'credited' and segment.program = 'cocm'
),

first_met as (
    select sent_referral.referral_id, min(met.met_on) as met_on
    from sent_referral
    join met on sent_referral.patient_id = met.patient_id and sent_referral.authored_on <= met.met_on
    group by all
)

select
    sent_referral.*,
    first_met.met_on - sent_referral.authored_on as days_to_contact,
    coalesce(days_to_contact <= cut_days('conversion_within_days'), false) as is_converted
from sent_referral
left join first_met using (referral_id);

create temp table pcp_sent as
select
    referrer_id as pcp_id,
    period_type,
    period_start_on,
    count(*)::int as referrals,
    count(*) filter (method = 'warm_handoff')::int as warm_handoffs,
    count(*) filter (method = 'order')::int as ordered_referrals,
    count(*) filter (method = 'outreach')::int as outreach_referrals,
    count(*) filter (method = 'self')::int as self_referrals,
    count(*) filter (method is null)::int as referrals_of_unknown_method,
    count(distinct patient_id)::int as patients_referred,
    count(*) filter (is_converted)::int as converted_referrals,
    count(days_to_contact)::int as contacted_referrals,
    median(days_to_contact) as median_days_to_contact
from sent_contact
join card_period on authored_on between period_start_on and period_end_on
where referrer_id is not null
group by all;

-- An episode is owed to the referral that it names, else to the patient's last one shortly before its start.
create temp table owed_episode as
select enrolled.episode_id, enrolled.patient_id, enrolled.started_on, sent_referral.referrer_id
from enrolled
join (
    select enrolled.episode_id, sent_referral.referral_id, 1 as precedence
    from enrolled
    join sent_referral using (referral_id)
    union all
    select enrolled.episode_id, sent_referral.referral_id, 2
    from enrolled
    join sent_referral
        on enrolled.patient_id = sent_referral.patient_id
        and enrolled.started_on >= sent_referral.authored_on
        and enrolled.started_on - sent_referral.authored_on <= cut_days('referral_enrolment_days')
) as owed using (episode_id)
join sent_referral on owed.referral_id = sent_referral.referral_id and sent_referral.referrer_id is not null
where enrolled.has_force and enrolled.program_precedence is not null and enrolled.started_on <= getvariable('as_of')
qualify row_number() over (
    partition by enrolled.episode_id
    order by owed.precedence, sent_referral.authored_at desc, sent_referral.referral_id
) = 1;

create temp table pcp_yield as
with amount as (
    select patient_id, program, service_month, sum(expected_amount_usd) as expected_amount_usd
    from candidate
    where procedure_code is not null and status <> 'not_billable'
    group by all
),

worked as (
    select
        owed_episode.referrer_id as pcp_id,
        card.period_type,
        card.period_start_on,
        sum(patient_month.credited_minutes)::int as yield_minutes,
        sum(amount.expected_amount_usd)::decimal(18, 2) as yield_expected_usd
    from patient_month
    join owed_episode using (episode_id)
    join card_period as card on patient_month.service_month between card.period_start_on and card.period_end_on
    left join amount
        on patient_month.patient_id = amount.patient_id
        and patient_month.program = amount.program
        and patient_month.service_month = amount.service_month
    group by all
),

begun as (
    select referrer_id as pcp_id, period_type, period_start_on, count(distinct patient_id)::int as patients_enrolled
    from owed_episode
    join card_period on started_on between period_start_on and period_end_on
    group by all
)

select
    pcp_id, period_type, period_start_on,
    coalesce(patients_enrolled, 0) as patients_enrolled, coalesce(yield_minutes, 0) as yield_minutes, yield_expected_usd
from worked
full join begun using (pcp_id, period_type, period_start_on);
