-- The codes that a month's minutes reach, those of its next tier, and their amounts.
create temp table ladder as
select
    policy.policy_version,
    code_ladder.*,
    policy.addon_block_minutes,
    policy.max_units_99494 as max_units,
    if(month_type = 'initial', policy.target_initial_minutes, policy.target_subsequent_minutes) as target_minutes,
    case floor_column
        when 'target_initial_minutes' then policy.target_initial_minutes
        when 'target_subsequent_minutes' then policy.target_subsequent_minutes
        when 'addon_floor_minutes' then policy.addon_floor_minutes
        when 'g2214_floor_minutes' then policy.g2214_floor_minutes
        when 'bhi_floor_minutes' then policy.bhi_floor_minutes
    end as stated_minutes,
    case
        when rung = 'addon' then target_minutes + stated_minutes
        when takes_midpoint and time_rule = 'midpoint' then stated_minutes // 2 + 1
        else stated_minutes
    end as floor_minutes
from payer_policy as policy
cross join code_ladder
where stated_minutes is not null;

create temp table month_rung as
select
    patient_id,
    program,
    service_month,
    any_value(credited_minutes) as minutes,
    max(procedure_code) filter (rung = 'base') as base_code,
    max(floor_minutes) filter (rung = 'base') as base_floor,
    max(procedure_code) filter (rung = 'below_base') as below_code,
    max(floor_minutes) filter (rung = 'below_base') as below_floor,
    max(procedure_code) filter (rung = 'addon') as addon_code,
    max(floor_minutes) filter (rung = 'addon') as addon_floor,
    max(ladder.addon_block_minutes) filter (rung = 'addon') as block_minutes,
    max(max_units) filter (rung = 'addon') as max_units
from month_of_program as month
join ladder using (program, policy_version)
where
    month.code_path = ladder.path
    and month.type_if_credited = ladder.month_type
    and month.date_of_service >= coalesce(ladder.valid_from, date '1000-01-01')
    and month.date_of_service <= coalesce(ladder.valid_to, date '9999-12-31')
group by patient_id, program, service_month;
update month_rung set below_code = null, below_floor = null where below_floor >= base_floor;

create macro units_at(at_minutes, addon_floor, block_minutes, max_units) as
    if(
        at_minutes >= addon_floor,
        least((at_minutes - addon_floor) // block_minutes + 1, coalesce(max_units, 1000000)),
        0
    );

create temp table month_code as
with reached as (
    select
        *,
        units_at(minutes, addon_floor, block_minutes, max_units) as units,
        least(
            if(base_floor > minutes, base_floor, null),
            if(below_floor > minutes, below_floor, null),
            if(addon_floor + block_minutes * units > minutes and units < coalesce(max_units, 1000000),
                addon_floor + block_minutes * units, null)
        ) as next_minutes,
        units_at(next_minutes, addon_floor, block_minutes, max_units) as next_units,
        if(minutes >= base_floor, base_code, if(minutes >= below_floor, below_code, null)) as reached_code,
        if(next_minutes >= base_floor, base_code, if(next_minutes >= below_floor, below_code, null)) as next_code
    from month_rung
)

select
    month.patient_id,
    month.program,
    month.service_month,
    reached_code as base_code,
    if(minutes >= base_floor and units > 0, addon_code, null) as addon_code,
    if(minutes >= base_floor, coalesce(units, 0), 0)::int as addon_units,
    if(minutes >= base_floor, greatest(minutes - (addon_floor + block_minutes * max_units - 1), 0), 0)::int
        as unbilled_minutes,
    (next_minutes - minutes)::int as minutes_to_next_tier,
    next_code as next_base_code,
    if(next_minutes >= base_floor and next_units > 0, addon_code, null) as next_addon_code,
    coalesce(next_units, 0)::int as next_addon_units
from month_of_program as month
left join reached using (patient_id, program, service_month);

create macro dollars(unit_amount, units) as round(unit_amount * units, 2)::decimal(18, 2);

create temp table month_amount as
with placed as (
    select
        month_code.*,
        month.policy_version,
        month.fee_schedule_id,
        month.rate_multiplier,
        month.date_of_service,
        facility_setting.place_of_service,
        coalesce(facility_setting.setting, 'non_facility') as setting
    from month_code
    join month_of_program as month using (patient_id, program, service_month)
    left join facility_setting
        on month.facility_type = facility_setting.facility_type
        and month.date_of_service between coalesce(facility_setting.valid_from, date '1000-01-01')
        and coalesce(facility_setting.valid_to, date '9999-12-31')
),

rate as (
    select fee_schedule_id, procedure_code, setting, amount_usd,
        coalesce(valid_from, date '1000-01-01') as rate_from, coalesce(valid_to, date '9999-12-31') as rate_to
    from fee_schedule
),

rated as (
    select
        placed.*,
        dollars(base.amount_usd * rate_multiplier, 1) as base_amount_usd,
        dollars(addon.amount_usd * rate_multiplier, addon_units) as addon_amount_usd,
        dollars(next_base.amount_usd * rate_multiplier, 1) as next_base_amount_usd,
        dollars(next_addon.amount_usd * rate_multiplier, next_addon_units) as next_addon_amount_usd,
        if(addon_code is null, base_amount_usd, base_amount_usd + addon_amount_usd) as month_amount_usd,
        if(next_addon_code is null, next_base_amount_usd, next_base_amount_usd + next_addon_amount_usd) as next_amount_usd
    from placed
    left join rate as base
        on placed.fee_schedule_id = base.fee_schedule_id and placed.setting = base.setting
        and placed.base_code = base.procedure_code
        and placed.date_of_service >= base.rate_from and placed.date_of_service <= base.rate_to
    left join rate as addon
        on placed.fee_schedule_id = addon.fee_schedule_id and placed.setting = addon.setting
        and placed.addon_code = addon.procedure_code
        and placed.date_of_service >= addon.rate_from and placed.date_of_service <= addon.rate_to
    left join rate as next_base
        on placed.fee_schedule_id = next_base.fee_schedule_id and placed.setting = next_base.setting
        and placed.next_base_code = next_base.procedure_code
        and placed.date_of_service >= next_base.rate_from and placed.date_of_service <= next_base.rate_to
    left join rate as next_addon
        on placed.fee_schedule_id = next_addon.fee_schedule_id and placed.setting = next_addon.setting
        and placed.next_addon_code = next_addon.procedure_code
        and placed.date_of_service >= next_addon.rate_from and placed.date_of_service <= next_addon.rate_to
)

select
    *,
    if(minutes_to_next_tier is null, null, next_amount_usd - if(base_code is null, 0, month_amount_usd))
        ::decimal(18, 2) as next_tier_amount_usd
from rated;
