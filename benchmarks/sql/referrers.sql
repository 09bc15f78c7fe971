-- The scorecard of each provider: what was there to refer, what was sent, what it came to, and what chance explains.
create macro wilson(part, whole, deviations, side) as
    if(whole > 0, (
        part / whole + deviations ** 2 / (2 * whole)
        + side * deviations * sqrt(part / whole * (1 - part / whole) / whole + deviations ** 2 / (4 * whole ** 2))
    ) / (1 + deviations ** 2 / whole), null);
create macro funnel(expected, whole, deviations) as
    if(whole > 0, expected + deviations * sqrt(expected * (1 - expected) / whole), null);
create macro floored(share) as if(share is null, null, greatest(share, 0));
create macro capped(share) as if(share is null, null, least(share, 1));
create macro rate_of(part, whole, expected) as {
    'share': part / nullif(whole, 0),
    'counted': coalesce(whole, 0),
    'low': floored(wilson(part, whole, cut('rate_interval_z')::double, -1)),
    'high': capped(wilson(part, whole, cut('rate_interval_z')::double, 1)),
    'expected': expected,
    'low_3sd': floored(funnel(expected, whole, -cut('funnel_outer_sd')::double)),
    'low_2sd': floored(funnel(expected, whole, -cut('funnel_inner_sd')::double)),
    'high_2sd': capped(funnel(expected, whole, cut('funnel_inner_sd')::double)),
    'high_3sd': capped(funnel(expected, whole, cut('funnel_outer_sd')::double))
};
create macro signal_of(rate) as
    case
        when rate.counted < cut('funnel_minimum_count') or rate.share is null then 'too_few'
        when rate.share > rate.high_3sd then 'above_3sd'
        when rate.share > rate.high_2sd then 'above_2sd'
        when rate.share < rate.low_3sd then 'below_3sd'
        when rate.share < rate.low_2sd then 'below_2sd'
        else 'within'
    end;

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

create table rpt_referrer_scorecard as
with counted as (
    select
        pcp_period.*,
        coalesce(pcp_seen.patients_seen, 0) as patients_seen,
        case
            when period_start_on >= (getvariable('as_of') + 1 - to_months(cut_days('case_finding_months')))::date
                then {
                    'seen': coalesce(pcp_demand.likely_eligible_seen, 0),
                    'referred': coalesce(pcp_demand.likely_eligible_referred, 0)
                }
        end as demand,
        coalesce(pcp_sent.referrals, 0) as referrals,
        coalesce(pcp_sent.warm_handoffs, 0) as warm_handoffs,
        coalesce(pcp_sent.ordered_referrals, 0) as ordered_referrals,
        coalesce(pcp_sent.outreach_referrals, 0) as outreach_referrals,
        coalesce(pcp_sent.self_referrals, 0) as self_referrals,
        coalesce(pcp_sent.referrals_of_unknown_method, 0) as referrals_of_unknown_method,
        coalesce(pcp_sent.patients_referred, 0) as patients_referred,
        coalesce(pcp_sent.converted_referrals, 0) as converted_referrals,
        coalesce(pcp_sent.contacted_referrals, 0) as contacted_referrals,
        pcp_sent.median_days_to_contact,
        coalesce(pcp_yield.patients_enrolled, 0) as patients_enrolled,
        coalesce(pcp_yield.yield_minutes, 0) as yield_minutes,
        pcp_yield.yield_expected_usd
    from pcp_period
    left join pcp_seen using (pcp_id, period_type, period_start_on)
    left join pcp_demand using (pcp_id, period_type, period_start_on)
    left join pcp_sent using (pcp_id, period_type, period_start_on)
    left join pcp_yield using (pcp_id, period_type, period_start_on)
),

rated as (
    select
        *,
        rate_of(demand.referred, demand.seen, sum(demand.referred) over of_all / nullif(sum(demand.seen) over of_all, 0))
            as referral,
        rate_of(warm_handoffs, referrals, sum(warm_handoffs) over of_all / nullif(sum(referrals) over of_all, 0))
            as handoff,
        rate_of(
            converted_referrals, referrals, sum(converted_referrals) over of_all / nullif(sum(referrals) over of_all, 0)
        ) as conversion,
        rate_of(
            visited_patients, panel_patients,
            sum(visited_patients) over of_all / nullif(sum(panel_patients) over of_all, 0)
        ) as panel
    from counted
    window of_all as (partition by period_type, period_start_on)
)

select
    pcp_id,
    team_id,
    period_type,
    period_start_on,
    panel_patients,
    patients_seen,
    demand.seen as likely_eligible_seen,
    demand.referred as likely_eligible_referred,
    referrals,
    warm_handoffs,
    ordered_referrals,
    outreach_referrals,
    self_referrals,
    referrals_of_unknown_method,
    patients_referred,
    referral.share as referral_rate,
    referral.low as referral_rate_low,
    referral.high as referral_rate_high,
    converted_referrals,
    contacted_referrals,
    conversion.share as conversion_rate,
    conversion.low as conversion_rate_low,
    conversion.high as conversion_rate_high,
    median_days_to_contact,
    visited_patients as panel_patients_visited,
    panel.share as penetration,
    panel.low as penetration_low,
    panel.high as penetration_high,
    handoff.share as warm_handoff_share,
    handoff.low as warm_handoff_share_low,
    handoff.high as warm_handoff_share_high,
    demand.seen - demand.referred as eligible_not_referred,
    patients_enrolled,
    yield_minutes,
    yield_expected_usd,
    referral.expected as organization_rate,
    signal_of(referral) as signal,
    referral.low_3sd as referral_rate_low_3sd,
    referral.low_2sd as referral_rate_low_2sd,
    referral.high_2sd as referral_rate_high_2sd,
    referral.high_3sd as referral_rate_high_3sd,
    handoff.expected as organization_warm_handoff_share,
    signal_of(handoff) as warm_handoff_share_signal,
    handoff.low_3sd as warm_handoff_share_low_3sd,
    handoff.low_2sd as warm_handoff_share_low_2sd,
    handoff.high_2sd as warm_handoff_share_high_2sd,
    handoff.high_3sd as warm_handoff_share_high_3sd,
    conversion.expected as organization_conversion_rate,
    signal_of(conversion) as conversion_rate_signal,
    conversion.low_3sd as conversion_rate_low_3sd,
    conversion.low_2sd as conversion_rate_low_2sd,
    conversion.high_2sd as conversion_rate_high_2sd,
    conversion.high_3sd as conversion_rate_high_3sd,
    panel.expected as organization_penetration,
    signal_of(panel) as penetration_signal,
    panel.low_3sd as penetration_low_3sd,
    panel.low_2sd as penetration_low_2sd,
    panel.high_2sd as penetration_high_2sd,
    panel.high_3sd as penetration_high_3sd,
    period_end_on
from rated;
