-- The rates of each provider with what chance explains: Wilson's intervals, and the limits of a funnel plot.
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
