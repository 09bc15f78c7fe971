-- Each agreed amount walked back to what it needs, against what can be carried, month by month; and who carries what.
create macro rank_of(need, low, high) as
    case when need > high then 3 when need > low then 2 when need <= low then 1 end;

create temp table walked as
with target as (
    select
        *,
        if(team_id is null, 'organization', 'team') as entity_type,
        coalesce(team_id, 'organization') as entity_id,
        date_diff('month', period_start_on, period_end_on) + 1 as months
    from finance_target
    where period_end_on >= period_start_on
),

needed as (
    select
        target.target_id,
        target.team_id,
        target.period_start_on,
        target.period_end_on,
        target.amount_usd,
        target.months,
        target.entity_type,
        target.entity_id,
        basis.* exclude (entity_type, entity_id),
        target.amount_usd::double * (1 - bhc_share) / months as cocm_usd_per_month,
        target.amount_usd::double * bhc_share / months as bhc_usd_per_month,
        cocm_usd_per_month / nullif(revenue_per_billable_month_usd::double, 0) as needed_billable_patients,
        needed_billable_patients / nullif(billable_rate, 0) as needed_active_patients,
        needed_active_patients / nullif(conversion_rate, 0) / nullif(months_in_program, 0) as needed_referrals,
        if(
            bhc_usd_per_month = 0, 0,
            bhc_usd_per_month / nullif(revenue_per_bhc_visit_usd::double, 0) / nullif(bhc_clinic_days, 0)
        ) as needed_bhc_patients_per_day
    from target
    left join rpt_finance_basis as basis using (entity_type, entity_id)
),

judged as (
    select
        *,
        rank_of(needed_active_patients, capacity_active_low, capacity_active_high) as cocm_rank,
        if(
            bhc_usd_per_month = 0, 1,
            rank_of(needed_bhc_patients_per_day, bhc_patients_per_day_low, bhc_patients_per_day_high)
        ) as bhc_rank,
        least(
            capacity_active_high / nullif(needed_active_patients, 0),
            if(needed_bhc_patients_per_day > 0, bhc_patients_per_day_high / needed_bhc_patients_per_day, null)
        ) as room
    from needed
)

select
    *,
    case
        when cocm_rank = 3 or bhc_rank = 3 then 'beyond'
        when cocm_rank is null or bhc_rank is null then null
        when cocm_rank = 2 or bhc_rank = 2 then 'stretch'
        else 'within'
    end as feasibility,
    if(cocm_rank is null or bhc_rank is null, null, floor(round(amount_usd::double * room, 4))) as largest_usd
from judged;

create table rpt_finance_bridge as
with dated as (
    select
        *,
        unnest(range(
            date_trunc('month', period_start_on)::date, (date_trunc('month', period_end_on) + interval 1 month)::date,
            interval 1 month
        ))::date as month
    from walked
),

reached as (
    select
        dated.target_id,
        dated.month,
        dated.entity_type,
        dated.entity_id,
        date_trunc('month', dated.period_start_on)::date as first_month,
        least(now.month_end_on, dated.period_end_on) as through_on,
        if(now.is_over, dated.month, (dated.month - interval 1 month)::date) as last_month_over
    from dated
    join finance_month as now using (entity_type, entity_id, month)
),

to_date as (
    select
        reached.target_id,
        reached.month,
        sum(done.expected_usd) as expected_usd,
        sum(done.submitted_usd) as submitted_usd,
        sum(done.paid_usd) as paid_usd,
        if(count(done.cost_usd) = count(*), sum(done.cost_usd), null) as cost_usd,
        sum(if(done.is_over, done.expected_usd, 0)) as over_usd,
        count(*) filter (done.is_over) as months_over
    from reached
    join finance_month as done
        on reached.entity_type = done.entity_type
        and reached.entity_id = done.entity_id
        and done.month between reached.first_month and reached.month
    group by all
),

recent as (
    select
        reached.target_id,
        reached.month,
        avg(done.expected_usd) as mean_usd,
        stddev_samp(done.expected_usd::double) as sd_usd
    from reached
    join finance_month as done
        on reached.entity_type = done.entity_type
        and reached.entity_id = done.entity_id
        and done.month <= reached.last_month_over
        and done.month > (reached.last_month_over - to_months(cut_days('finance_recent_months')))::date
    group by all
),

projected as (
    select
        dated.*,
        to_date.* exclude (target_id, month),
        dated.amount_usd::double * (reached.through_on - dated.period_start_on + 1)
        / (dated.period_end_on - dated.period_start_on + 1) as pace_usd,
        if(
            recent.mean_usd is null, null,
            greatest(
                to_date.over_usd::double + (dated.months - to_date.months_over) * recent.mean_usd,
                to_date.expected_usd::double
            )
        ) as projected,
        if(
            dated.months = to_date.months_over, 0,
            cut('finance_interval_z')::double * recent.sd_usd * sqrt(dated.months - to_date.months_over)
        ) as half_width
    from dated
    left join reached using (target_id, month)
    left join to_date using (target_id, month)
    left join recent using (target_id, month)
)

select
    target_id,
    team_id,
    month,
    amount_usd::decimal(18, 2) as target_amount_usd,
    revenue_per_billable_month_usd,
    needed_billable_patients,
    needed_active_patients,
    needed_referrals,
    capacity_active_high as capacity_active_patients,
    feasibility,
    expected_usd::decimal(18, 2) as actual_expected_usd,
    paid_usd::decimal(18, 2) as actual_paid_usd,
    round(projected, 2)::decimal(18, 2) as projected_usd,
    (amount_usd - round(projected, 2)::decimal(18, 2))::decimal(18, 2) as gap_usd,
    round(projected - half_width, 2)::decimal(18, 2) as projected_low_usd,
    round(projected + half_width, 2)::decimal(18, 2) as projected_high_usd,
    submitted_usd::decimal(18, 2) as actual_submitted_usd,
    round(pace_usd, 2)::decimal(18, 2) as pace_usd,
    cost_usd::decimal(18, 2) as cost_usd,
    (expected_usd - cost_usd)::decimal(18, 2) as net_usd,
    cost_per_month_usd::double / nullif(revenue_per_billable_month_usd * billable_rate, 0) as break_even_active_patients,
    largest_usd::decimal(18, 2) as largest_within_range_usd,
    revenue_source,
    revenue_per_bhc_visit_usd,
    needed_bhc_patients_per_day,
    bhc_patients_per_day_high as capacity_bhc_patients_per_day,
    billable_rate,
    conversion_rate,
    months_in_program,
    capacity_active_low as capacity_active_patients_low,
    last_closed_month
from projected;

-- A consultant's guideline is of a clinic day, a care manager's of a post.
create table rpt_capacity as
with done as (
    select care_manager_id as practitioner_id, 'care_manager' as role, period_start_on as month, count(*)::double as actual
    from cocm_active
    where period_type = 'month' and care_manager_id is not null
    group by all
    union all
    select practitioner_id, 'bhc', date_trunc('month', visit_on)::date, avg(patients)
    from (
        select practitioner_id, visit_on, count(distinct patient_id) as patients
        from bhc_visit
        group by all
    )
    group by practitioner_id, date_trunc('month', visit_on)
),

guided as (
    select
        staff.entity_id as practitioner_id,
        staff.role,
        staff.period_start_on as month,
        staff.fte,
        if(staff.role = 'bhc', clinic.low_per_fte::double, staff.guideline_low) as guideline_low,
        if(staff.role = 'bhc', clinic.high_per_fte::double, staff.guideline_high) as guideline_high,
        if(staff.role = 'bhc', done.actual, coalesce(done.actual, 0)) as actual
    from staff_fte as staff
    join period using (period_type, period_start_on)
    left join caseload_guideline as clinic
        on staff.role = clinic.role
        and clinic.role = 'bhc'
        and clinic.complexity_tier = 'overall'
        and holds(period.period_end_on, clinic.valid_from, clinic.valid_to)
    left join done
        on staff.entity_id = done.practitioner_id and staff.role = done.role and staff.period_start_on = done.month
    where staff.entity_type = 'practitioner' and period_type = 'month' and staff.role in ('care_manager', 'bhc')
)

select
    *,
    case
        when actual is null or guideline_low is null or guideline_high is null then 'none'
        when actual < guideline_low then 'below'
        when actual > guideline_high then 'above'
        else 'within'
    end as status
from guided;
