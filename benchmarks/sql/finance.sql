-- What each team and the organization did in a month in dollars and patients, and what an amount is walked over.
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

create temp table billed_line as
select
    claim_line.*,
    procedure_code.code_family,
    coalesce(procedure_code.bills_as, claim_line.procedure_code) as billed_code,
    date_trunc('month', claim_line.service_on)::date as service_month,
    claim_line.status in ('submitted', 'paid') as is_standing
from claim_line
left join procedure_code
    on claim_line.procedure_code = procedure_code.procedure_code
    and holds(claim_line.service_on, procedure_code.valid_from, procedure_code.valid_to);

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

-- A later month by the fee schedule: the mean over the payers of today's active patients.
create temp table fee_month as
with priced as (
    select enrolled.team_id, fee_schedule.amount_usd * policy.rate_multiplier as unit_amount_usd
    from enrolled
    left join dim_patient using (patient_id)
    join payer_policy as default_policy
        on default_policy.payer_id = 'default'
        and holds(getvariable('as_of'), default_policy.valid_from, default_policy.valid_to)
    left join payer_policy as own_policy
        on dim_patient.payer_id = own_policy.payer_id
        and holds(getvariable('as_of'), own_policy.valid_from, own_policy.valid_to)
    join payer_policy as policy
        on coalesce(own_policy.policy_version, default_policy.policy_version) = policy.policy_version
    join code_ladder
        on code_ladder.program = 'cocm'
        and code_ladder.month_type = 'subsequent'
        and code_ladder.path = 'component'
        and code_ladder.rung = 'base'
        and holds(getvariable('as_of'), code_ladder.valid_from, code_ladder.valid_to)
    left join zoned_team on enrolled.team_id = zoned_team.team_id
    left join facility_setting on zoned_team.facility_type = facility_setting.facility_type
    join fee_schedule
        on policy.fee_schedule_id = fee_schedule.fee_schedule_id
        and code_ladder.procedure_code = fee_schedule.procedure_code
        and coalesce(facility_setting.setting, 'non_facility') = fee_schedule.setting
        and holds(getvariable('as_of'), fee_schedule.valid_from, fee_schedule.valid_to)
    where enrolled.program = 'cocm' and enrolled.is_in_force
)

select 'team' as entity_type, team_id as entity_id, round(sum(unit_amount_usd) / count(*), 2) as month_amount_usd
from priced
where team_id is not null
group by all
union all
select 'organization', 'organization', round(sum(unit_amount_usd) / count(*), 2)
from priced
having count(*) > 0;

create table rpt_finance_basis as
with stayed as (
    select team_id, ended_on - started_on + 1 as days
    from enrolled
    where
        program = 'cocm'
        and has_force
        and ended_on >= started_on
        and ended_on <= getvariable('as_of')
        and ended_on > getvariable('as_of') - cut_days('finance_program_length_days')
),

stay as (
    select 'team' as entity_type, team_id as entity_id, avg(days) as mean_days
    from stayed
    where team_id is not null
    group by all
    union all
    select 'organization', 'organization', avg(days)
    from stayed
),

recent as (
    select
        entity_type,
        entity_id,
        max(month) as last_closed_month,
        count(*) as months,
        sum(billable_patients) as billable_patients,
        sum(priced_patients) as priced_patients,
        sum(cocm_expected_usd) as cocm_expected_usd,
        sum(active_patients) as active_patients,
        sum(bhc_days) as bhc_days,
        sum(bhc_paid_visits) as bhc_paid_visits,
        sum(bhc_paid_usd) as bhc_paid_usd,
        sum(referrals) as referrals,
        sum(converted_referrals) as converted_referrals,
        if(count(cost_usd) = count(*), sum(cost_usd), null) as cost_usd
    from (
        from finance_month
        where is_closed
        qualify row_number() over (partition by entity_type, entity_id order by month desc)
            <= cut('finance_recent_months')
    )
    group by all
),

today as (
    from staff_fte
    where
        entity_type = 'team'
        and role = 'care_manager'
        and period_type = 'month'
        and period_start_on = date_trunc('month', getvariable('as_of'))
),

carried as (
    select
        entity_type,
        entity_id,
        if(count(fte) = count(*), sum(fte), null) as care_manager_fte,
        if(count(guideline_low) = count(*), sum(guideline_low), null) as capacity_active_low,
        if(count(guideline_high) = count(*), sum(guideline_high), null) as capacity_active_high
    from (
        from today
        union all by name
        select * replace ('organization' as entity_type, 'organization' as entity_id) from today
    )
    group by all
),

consultant as (
    select max(low_per_fte)::double as low, max(high_per_fte)::double as high
    from caseload_guideline
    where
        role = 'bhc'
        and complexity_tier = 'overall'
        and holds(getvariable('as_of'), valid_from, valid_to)
)

select
    recent.entity_type,
    recent.entity_id,
    last_closed_month,
    case when priced_patients > 0 then 'claims' when month_amount_usd is not null then 'fee_schedule' end as revenue_source,
    if(priced_patients > 0, round(cocm_expected_usd / priced_patients, 2), month_amount_usd)::decimal(18, 2)
        as revenue_per_billable_month_usd,
    billable_patients / nullif(active_patients, 0) as billable_rate,
    converted_referrals / nullif(referrals, 0) as conversion_rate,
    mean_days * 12 / 365.25 as months_in_program,
    round(bhc_paid_usd / nullif(bhc_paid_visits, 0), 2)::decimal(18, 2) as revenue_per_bhc_visit_usd,
    coalesce(bhc_paid_usd::double / nullif(bhc_paid_usd + cocm_expected_usd, 0), 0) as bhc_share,
    bhc_days / months as bhc_clinic_days,
    round(recent.cost_usd / months, 2)::decimal(18, 2) as cost_per_month_usd,
    carried.care_manager_fte,
    carried.capacity_active_low,
    carried.capacity_active_high,
    if(carried.entity_id is null, null, consultant.low) as bhc_patients_per_day_low,
    if(carried.entity_id is null, null, consultant.high) as bhc_patients_per_day_high
from recent
cross join consultant
left join fee_month using (entity_type, entity_id)
left join stay using (entity_type, entity_id)
left join carried using (entity_type, entity_id);
