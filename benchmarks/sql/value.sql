-- The domains of value by month: metrics of all teams together, surveys, and what is counted for this alone.
create temp table value_found as
select
    'metric' as kind,
    metric_id as source_id,
    period_start_on as month,
    sum(numerator::decimal(18, 6))::double as numerator,
    sum(denominator::decimal(18, 6))::double as denominator
from fct_metric_value
where entity_type = 'team' and period_type = 'month'
group by all
union all
select
    'survey',
    respondent_type || ':' || domain,
    date_trunc('month', taken_on)::date,
    sum((score::double / score_max::double)::decimal(18, 6))::double,
    count(*)
from survey
where score_max > 0 and taken_on <= getvariable('as_of')
group by respondent_type, domain, date_trunc('month', taken_on)
union all
select
    'event', 'recommendations_told', date_trunc('month', local_on(reviewed_at, time_zone))::date,
    count(*) filter (local_on(communicated_at, time_zone) <= getvariable('as_of')), count(*)
from review
where recommendation <> 'continue'
group by date_trunc('month', local_on(reviewed_at, time_zone))
union all
select 'event', event.source_id, month, event.numerator, event.denominator
from (
    select month, unnest([
        {'source_id': 'referrals_converted', 'numerator': converted_referrals::double, 'denominator': referrals::double},
        {'source_id': 'paid_of_expected', 'numerator': paid_usd, 'denominator': expected_usd},
        {'source_id': 'cost_of_an_active_patient', 'numerator': service_cost_usd, 'denominator': active_patients}
    ]) as event
    from finance_month
    where entity_type = 'organization'
)
where event.source_id <> 'cost_of_an_active_patient' or event.numerator is not null;

insert into value_found
with apcm as (
    from enrolled
    where program = 'apcm' and has_force
)

select
    'event',
    'apcm_of_active',
    active.period_start_on,
    count(distinct apcm.patient_id),
    count(distinct active.patient_id)
from cocm_active as active
left join apcm
    on active.patient_id = apcm.patient_id
    and apcm.started_on <= active.period_end_on
    and coalesce(apcm.ended_on >= active.period_start_on, true)
where
    active.period_type = 'month'
    and active.period_start_on >= (select min(date_trunc('month', started_on)) from apcm)
group by active.period_start_on;

-- Use of the emergency room and of beds in as many days before and after enrolment, once the days after are over.
insert into value_found
with followed as (
    select
        episode_id,
        patient_id,
        started_on,
        started_on + cut_days('savings_window_days') - 1 as followed_until
    from enrolled
    where program = 'cocm' and has_force and coalesce(ended_on >= started_on, true)
)

select
    'event',
    if(visit.encounter_class = 'emergency', 'emergency_after_before', 'inpatient_after_before') as source_id,
    date_trunc('month', followed_until)::date as month,
    count(*) filter (visit.started_on >= followed.started_on),
    count(*) filter (visit.started_on < followed.started_on)
from followed
join visit
    on followed.patient_id = visit.patient_id
    and visit.started_on between followed.started_on - cut_days('savings_window_days') and followed_until
where
    followed_until <= getvariable('as_of')
    and visit.encounter_class in ('emergency', 'inpatient', 'observation')
    and visit.status in ('arrived', 'in-progress', 'finished')
group by all;

create table rpt_value_domain as
select
    measure.domain,
    measure.measure,
    period.period_start_on as month,
    if(found.denominator > 0, found.numerator, null) as numerator,
    if(found.denominator > 0, found.denominator, null) as denominator,
    if(found.denominator > 0, found.numerator / found.denominator, null) as value,
    if(found.denominator > 0 and found.numerator is not null, 'measured', 'no_data') as status,
    measure.better,
    measure.sentence,
    measure.caution,
    measure.sort_order
from period
join value_measure as measure
    on period.period_type = 'month' and holds(period.period_end_on, measure.valid_from, measure.valid_to)
left join value_found as found
    on measure.kind = found.kind and measure.source_id = found.source_id and period.period_start_on = found.month;
