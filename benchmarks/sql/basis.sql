-- What an amount is walked over: worth, rates and lengths of the last closed months, and what staff can carry.

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
