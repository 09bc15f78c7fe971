-- The weeks of each consultant: how full the schedule was beforehand and on the morning, and what came of the week.
create table rpt_slot_study as
with held as (
    select distinct slot.slot_id, slot.practitioner_id, slot.starts_at::date as starts_on
    from slot
    join staffing_row
        on slot.practitioner_id = staffing_row.practitioner_id
        and staffing_row.role = 'bhc'
        and slot.starts_at::date >= staffing_row.valid_from
        and slot.starts_at::date < staffing_row.valid_until
    where coalesce(slot.status, 'free') not in ('entered-in-error', 'busy-unavailable')
),

stood as (
    select
        held.slot_id,
        bool_or(coalesce(booked_at::date < held.starts_on, true)) as is_taken,
        bool_or(booked_at::date <= held.starts_on - cut_days('slot_prebooked_days')) as is_prebooked
    from held
    join appointment using (slot_id)
    where
        appointment.status not in ('proposed', 'waitlist', 'entered-in-error')
        and (appointment.status <> 'cancelled' or cancelled_at::date >= held.starts_on)
    group by all
),

studied as (
    select
        held.practitioner_id,
        week.period_start_on as week_start_on,
        week.period_end_on as week_end_on,
        count(*) as slots,
        count(*) filter (is_prebooked) as prebooked_slots,
        count(*) filter (not coalesce(is_taken, false)) as open_slots
    from held
    left join stood using (slot_id)
    join period as week
        on date_trunc('week', held.starts_on) = week.period_start_on
        and week.period_type = 'week'
        and week.period_end_on = week.calendar_end_on
    group by all
),

kept as (
    select
        practitioner_id,
        date_trunc('week', starts_at)::date as week_start_on,
        count(*) as appointments,
        count(*) filter (status = 'noshow') as no_shows
    from appointment
    semi join studied using (practitioner_id)
    where status in ('noshow', 'arrived', 'checked-in', 'fulfilled')
    group by all
),

done as (
    select
        practitioner_id,
        date_trunc('week', visit_on)::date as week_start_on,
        count(*)::int as visits,
        count(*) filter (is_warm_handoff)::int as warm_handoffs,
        count(distinct patient_id)::int as unique_patients,
        count(*) filter (is_billable)::int as billable_visits
    from bhc_visit
    group by all
),

sent as (
    select team_id, date_trunc('week', authored_on)::date as week_start_on, count(*)::int as referrals
    from sent_referral
    where team_id is not null
    group by all
)

select
    studied.practitioner_id,
    studied.week_start_on,
    prebooked_slots / slots as prebooked_share,
    open_slots / slots as open_share,
    no_shows / nullif(appointments, 0) as no_show_rate,
    if(
        home.team_id is not null and studied.week_end_on + 7 <= getvariable('as_of'), coalesce(sent.referrals, 0), null
    ) as referrals_next_week,
    coalesce(warm_handoffs, 0) as warm_handoffs,
    coalesce(unique_patients, 0) as unique_patients,
    coalesce(billable_visits, 0) as billable_visits,
    coalesce(visits, 0) as visits,
    slots::int as slots,
    coalesce(appointments, 0)::int as appointments
from studied
left join kept using (practitioner_id, week_start_on)
left join done using (practitioner_id, week_start_on)
left join home
    on studied.practitioner_id = home.practitioner_id
    and home.staffed_as = 'any'
    and studied.week_end_on >= home.valid_from
    and studied.week_end_on < home.valid_until
left join sent on home.team_id = sent.team_id and sent.week_start_on = studied.week_start_on + 7;
