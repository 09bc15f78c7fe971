-- Each metric of each entity and period: its members added up, what patients do not make up, targets.
create temp table staffing_held as
select
    {'practitioner_id': practitioner_id, 'team_id': team_id, 'role': role} as owner,
    {'fte': fte, 'hourly_cost_usd': hourly_cost_usd} as item,
    date '9999-12-31' - valid_from as goes,
    valid_from,
    valid_until
from staffing_row;

-- The full-time equivalents of the days of a period, added up.
create temp table staff_period as
select
    owner.practitioner_id,
    owner.team_id,
    owner.role,
    period_type,
    period_start_on,
    period_end_on,
    any_value(days) as days_of_period,
    sum(item.fte * (least(valid_until - 1, period_end_on) - greatest(valid_from, period_start_on) + 1)) as fte_days,
    bool_or(item.fte is null) as has_unknown_fte
from in_force('staffing_held')
join period
    on valid_from <= period_end_on and valid_until > period_start_on and period_type not in ('day', 'week')
group by all;

create temp table staff_fte as
with placed as (
    select 'practitioner' as entity_type, practitioner_id as entity_id, * from staff_period
    union all
    select 'team', team_id, * from staff_period
)

select
    placed.entity_type,
    placed.entity_id,
    placed.role,
    placed.period_type,
    placed.period_start_on,
    if(bool_or(has_unknown_fte), null, sum(fte_days)::double / max(days_of_period)) as fte,
    if(bool_or(has_unknown_fte), null,
        sum(fte_days * coalesce(of_tier.low_per_fte, overall.low_per_fte))::double / max(days_of_period)) as guideline_low,
    if(bool_or(has_unknown_fte), null,
        sum(fte_days * coalesce(of_tier.high_per_fte, overall.high_per_fte))::double / max(days_of_period)) as guideline_high
from placed
left join zoned_team using (team_id)
left join caseload_guideline as of_tier
    on placed.role = of_tier.role
    and zoned_team.complexity_tier = of_tier.complexity_tier
    and holds(placed.period_end_on, of_tier.valid_from, of_tier.valid_to)
left join caseload_guideline as overall
    on placed.role = overall.role
    and overall.complexity_tier = 'overall'
    and holds(placed.period_end_on, overall.valid_from, overall.valid_to)
group by all;

create temp table metric_total as
with visited as (
    select 'practitioner' as entity_type, practitioner_id as entity_id, * from bhc_visit
    union all
    select 'team', team_id, * from bhc_visit where team_id is not null
),

counted as (
    select
        entity_type,
        entity_id,
        period_type,
        period_start_on,
        count(*)::double as visits,
        count(*) filter (is_warm_handoff)::double as warm_handoffs,
        count(*) filter (is_first_of_day)::double as days_seen,
        count(distinct visit_on)::double as clinic_days
    from visited
    join period_day on visited.visit_on = period_day.day_on
    where period_type not in ('trailing_3_months')
    group by all
),

spread as (
    select
        entity_type,
        entity_id,
        period_type,
        period_start_on,
        sum(return_visits)::double as visits,
        list_filter(
            [sum(returns_1_2_weeks), sum(returns_3_4_weeks), sum(returns_5_plus_weeks)], lambda part: part > 0
        ) as parts
    from bhc_patient_period
    group by all
    having visits > 0
),

consulted as (
    select
        entity_id,
        period_type,
        period_start_on,
        any_value(fte) filter (role = 'psychiatric_consultant') as consultant_fte,
        any_value(fte) filter (role = 'care_manager') as care_manager_fte,
        count(*) filter (role = 'psychiatric_consultant') > 0 as has_consultant,
        count(*) filter (role = 'care_manager') > 0 as has_care_manager
    from staff_fte
    where
        entity_type = 'team'
        and role in ('psychiatric_consultant', 'care_manager')
        and period_type in ('month', 'quarter', 'trailing_3_months')
    group by all
)

select
    'pcbh_warm_handoff_share' as metric_id, entity_type, entity_id, period_type, period_start_on,
    warm_handoffs as numerator, visits as denominator
from counted
where period_type in ('day', 'week')
union all
select
    'pcbh_unique_patients_per_day', entity_type, entity_id, period_type, period_start_on,
    if(period_type in ('day', 'week'), days_seen, null), clinic_days
from counted
where entity_type = 'practitioner'
union all
select
    'pcbh_penetration', entity_type, entity_id, period_type, period_start_on, seen_patients, panel_patients
from panel_total
union all
-- The entropy of shares n / N is ln N less the sum of n ln n / N.
select
    'pcbh_followup_evenness', entity_type, entity_id, period_type, period_start_on,
    ln(visits) - list_sum(list_transform(parts, lambda part: part * ln(part))) / visits, ln(3)
from spread
union all
select 'cocm_active_patients_per_fte', entity_type, entity_id, period_type, period_start_on, null, fte
from staff_fte
where role = 'care_manager' and period_type in ('month', 'quarter', 'trailing_3_months')
union all
select
    'cocm_consultant_hours_per_fte', 'team', entity_id, period_type, period_start_on,
    if(has_consultant, consultant_fte * cut('full_time_hours_per_week')::double, 0),
    if(has_care_manager, care_manager_fte, 0)
from consulted;

-- Of whom a metric speaks in a period, whether anything happened or not.
create temp table metric_scope as
with entity as (
    select 'organization' as entity_type, 'organization' as entity_id
    union all
    select 'team', team_id from zoned_team
    union all
    select distinct 'site', site_id from zoned_team where site_id is not null
),

present as (
    select entity_type, entity_id, period_type, period_start_on, period_end_on, null as role
    from entity
    cross join period
    where period_type not in ('day', 'week')
    union all
    select distinct 'practitioner', practitioner_id, period_type, period_start_on, period_end_on, role
    from staff_period
)

select metric.metric_id, present.entity_type, present.entity_id, present.period_type, present.period_start_on
from metric_definition as metric
join present
    on lists(metric.entity_types, present.entity_type)
    and lists(metric.period_types, present.period_type)
    and (present.role is null or present.role = metric.practitioner_role)
    and holds(present.period_end_on, metric.valid_from, metric.valid_to);

create table fct_metric_value as
with member_sum as (
    select
        metric_id::varchar as metric_id,
        entity_type::varchar as entity_type,
        entity_id,
        period_type::varchar as period_type,
        period_start_on,
        sum(numerator_part) as numerator,
        sum(denominator_part) as denominator
    from fct_metric_member
    group by all
),

known as (
    from metric_scope
    union
    select metric_id, entity_type, entity_id, period_type, period_start_on from metric_total
    union
    select metric_id, entity_type, entity_id, period_type, period_start_on from member_sum
),

summed as (
    select
        known.*,
        metric.metric_version,
        period.period_end_on,
        case
            when metric.is_numerator_of_patients then coalesce(total.numerator, member_sum.numerator, 0)
            when total.metric_id is null then 0
            else total.numerator
        end as numerator,
        case
            when metric.is_denominator_of_patients then coalesce(total.denominator, member_sum.denominator, 0)
            when metric.fixed_denominator is not null then metric.fixed_denominator::double
            when total.metric_id is null then 0
            else total.denominator
        end as denominator,
        metric.is_numerator_of_patients
        and metric.is_denominator_of_patients
        and period_type not in ('day', 'week') as is_of_patients
    from known
    join period using (period_type, period_start_on)
    left join metric_total as total using (metric_id, entity_type, entity_id, period_type, period_start_on)
    left join member_sum using (metric_id, entity_type, entity_id, period_type, period_start_on)
    join metric_definition as metric
        on known.metric_id = metric.metric_id and holds(period.period_end_on, metric.valid_from, metric.valid_to)
),

aimed as (
    select
        summed.*,
        summed.numerator / nullif(summed.denominator, 0) as value,
        case summed.metric_id
            when 'cocm_active_patients' then caseload.guideline_low
            when 'cocm_active_patients_per_fte' then caseload.guideline_low / nullif(caseload.fte, 0)
            else target.target_low::double
        end as target_low,
        case summed.metric_id
            when 'cocm_active_patients' then caseload.guideline_high
            when 'cocm_active_patients_per_fte' then caseload.guideline_high / nullif(caseload.fte, 0)
            else target.target_high::double
        end as target_high
    from summed
    left join (from staff_fte where role = 'care_manager') as caseload
        using (entity_type, entity_id, period_type, period_start_on)
    left join metric_target as target
        on summed.metric_id = target.metric_id
        and summed.entity_type = target.entity_type
        and holds(summed.period_end_on, target.valid_from, target.valid_to)
),

waited as (
    select
        'cocm_days_referral_to_contact' as metric_id,
        'team' as entity_type,
        team_id as entity_id,
        period_type,
        period_start_on,
        median(days_to_contact) as median_value
    from cocm_referral
    join cocm_period on contact_on between period_start_on and period_end_on
    group by all
),

opened as (
    select distinct period_type, period_start_on, is_opened from panel_total
)

select
    aimed.* exclude (is_of_patients),
    case
        when value is null or (target_low is null and target_high is null) then 'none'
        when value < target_low then 'below'
        when value > target_high then 'above'
        else 'within'
    end as target_status,
    waited.median_value,
    is_of_patients and (metric_id <> 'pcbh_penetration' or coalesce(opened.is_opened, true)) as is_opened_by_members
from aimed
left join waited using (metric_id, entity_type, entity_id, period_type, period_start_on)
left join opened using (period_type, period_start_on);
