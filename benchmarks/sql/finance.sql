-- What each team and the organization did in a month, in dollars and patients.
create temp table finance_part (
    team_id varchar, month date, billable_patients bigint, priced_patients bigint, cocm_expected_usd decimal(18, 2),
    expected_usd decimal(18, 2), submitted_usd decimal(18, 2), paid_usd decimal(18, 2), active_patients bigint,
    bhc_days bigint, bhc_paid_visits bigint, bhc_paid_usd decimal(18, 2), staff_cost_days decimal(18, 2),
    unknown_cost_days bigint, service_cost_usd decimal(18, 2), referrals bigint, converted_referrals bigint
);

insert into finance_part by name
with billed as (
    select
        patient_id,
        program,
        team_id,
        service_month,
        max(status) as status,
        if(count(expected_amount_usd) = count(*), sum(expected_amount_usd), null) as amount_usd
    from candidate
    where status <> 'not_billable' and procedure_code is not null
    group by all
)

select
    team_id,
    service_month as month,
    count(*) filter (program = 'cocm') as billable_patients,
    count(amount_usd) filter (program = 'cocm') as priced_patients,
    sum(amount_usd) filter (program = 'cocm') as cocm_expected_usd,
    sum(amount_usd) as expected_usd,
    sum(amount_usd) filter (status = 'submitted') as submitted_usd
from billed
group by all;

insert into finance_part by name
select patient_month.team_id, line.service_month as month, sum(line.paid_amount_usd) as paid_usd
from billed_line as line
left join patient_month
    on line.patient_id = patient_month.patient_id
    and line.code_family = patient_month.program
    and line.service_month = patient_month.service_month
where line.code_family in ('cocm', 'bhi') and line.status = 'paid'
group by all;

insert into finance_part by name
select team_id, period_start_on as month, count(*) as active_patients
from cocm_active
where period_type = 'month'
group by all;

insert into finance_part by name
select team_id, date_trunc('month', visit_on)::date as month, count(distinct row(practitioner_id, visit_on)) as bhc_days
from bhc_visit
group by all;

insert into finance_part by name
select
    bhc_visit.team_id,
    date_trunc('month', bhc_visit.visit_on)::date as month,
    count(distinct bhc_visit.encounter_id) as bhc_paid_visits,
    sum(line.paid_amount_usd) as bhc_paid_usd,
    bhc_paid_usd as expected_usd,
    bhc_paid_usd as submitted_usd,
    bhc_paid_usd as paid_usd
from billed_line as line
join bhc_visit using (encounter_id)
where
    line.status = 'paid'
    and line.paid_amount_usd is not null
    and coalesce(line.code_family, 'other') not in ('cocm', 'bhi')
group by bhc_visit.team_id, date_trunc('month', bhc_visit.visit_on);

insert into finance_part by name
with staffed as (
    select
        owner.team_id,
        period_start_on as month,
        item.fte,
        item.hourly_cost_usd,
        least(valid_until - 1, period_end_on) - greatest(valid_from, period_start_on) + 1 as days
    from in_force('staffing_held')
    join period on valid_from <= period_end_on and valid_until > period_start_on and period_type = 'month'
    where owner.role in ('care_manager', 'bhc', 'psychiatric_consultant')
)

select
    team_id,
    month,
    sum(fte * days * hourly_cost_usd) as staff_cost_days,
    coalesce(sum(days) filter (fte is null or (fte > 0 and hourly_cost_usd is null)), 0) as unknown_cost_days
from staffed
group by all;

insert into finance_part by name
select team_id, date_trunc('month', cost_month)::date as month, sum(amount_usd) as service_cost_usd
from service_cost
where kind = 'ongoing'
group by all;

insert into finance_part by name
select
    team_id,
    date_trunc('month', authored_on)::date as month,
    count(*) as referrals,
    count(*) filter (is_converted) as converted_referrals
from sent_contact
group by all;

create temp table finance_month as
with scoped as (
    select 'team' as entity_type, team_id as entity_id, * from finance_part where team_id is not null
    union all
    select 'organization', 'organization', * from finance_part
),

scope as (
    select 'team' as entity_type, team_id as entity_id from zoned_team
    union all
    select 'organization', 'organization'
),

policy as (
    select max(close_after_days) as close_after_days
    from payer_policy
    where holds(getvariable('as_of'), valid_from, valid_to)
)

select
    scope.entity_type,
    scope.entity_id,
    period.period_start_on as month,
    period.period_end_on as month_end_on,
    period.period_end_on = period.calendar_end_on as is_over,
    period.calendar_end_on + policy.close_after_days < getvariable('as_of') as is_closed,
    coalesce(sum(billable_patients), 0) as billable_patients,
    coalesce(sum(priced_patients), 0) as priced_patients,
    coalesce(sum(cocm_expected_usd), 0)::decimal(18, 2) as cocm_expected_usd,
    coalesce(sum(expected_usd), 0)::decimal(18, 2) as expected_usd,
    coalesce(sum(submitted_usd), 0)::decimal(18, 2) as submitted_usd,
    coalesce(sum(paid_usd), 0)::decimal(18, 2) as paid_usd,
    coalesce(sum(active_patients), 0) as active_patients,
    coalesce(sum(bhc_days), 0) as bhc_days,
    coalesce(sum(bhc_paid_visits), 0) as bhc_paid_visits,
    coalesce(sum(bhc_paid_usd), 0)::decimal(18, 2) as bhc_paid_usd,
    coalesce(sum(referrals), 0) as referrals,
    coalesce(sum(converted_referrals), 0) as converted_referrals,
    sum(service_cost_usd)::decimal(18, 2) as service_cost_usd,
    if(
        coalesce(sum(unknown_cost_days), 0) = 0,
        round(coalesce(sum(staff_cost_days), 0) * cut('full_time_hours_per_week') / 7, 2)::decimal(18, 2),
        null
    ) as staff_cost_usd,
    coalesce(sum(service_cost_usd)::decimal(18, 2), staff_cost_usd) as cost_usd
from period
cross join scope
cross join policy
left join scoped
    on scope.entity_type = scoped.entity_type
    and scope.entity_id = scoped.entity_id
    and period.period_start_on = scoped.month
where period.period_type = 'month'
group by
    scope.entity_type, scope.entity_id, period.period_start_on, period.period_end_on, period.calendar_end_on,
    policy.close_after_days;
