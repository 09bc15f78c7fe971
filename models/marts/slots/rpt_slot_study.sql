with slot as (
    select * from {{ ref('int_slot_taken') }}
),

week as (
    select * from {{ ref('int_period') }}
    where
        period_type = 'week'
        and period_end_on = calendar_end_on
),

appointment as (
    select * from {{ ref('int_appointment_latest') }}
),

visit as (
    select * from {{ ref('int_bhc_visit') }}
),

encounter as (
    select * from {{ ref('int_encounter_latest') }}
    where billing_codes is not null
),

referral as (
    select * from {{ ref('int_referral_sent') }}
    where team_id is not null
),

home as (
    select * from {{ ref('int_practitioner_home_team') }}
),

studied as (
    select
        slot.practitioner_id,
        week.period_start_on as week_start_on,
        week.period_end_on as week_end_on,
        count(*) as slots,
        sum(case when slot.is_prebooked then 1 else 0 end) as prebooked_slots,
        sum(case when slot.is_taken_on_the_morning then 0 else 1 end) as open_slots
    from slot
    inner join week
        on {{ week_of('slot.starts_on') }} = week.period_start_on
    group by slot.practitioner_id, week.period_start_on, week.period_end_on
),

kept as (
    select
        practitioner_id,
        {{ week_of('starts_on') }} as week_start_on,
        count(*) as appointments,
        sum(case when status = 'noshow' then 1 else 0 end) as no_shows
    from appointment
    where status in ('noshow', 'arrived', 'checked-in', 'fulfilled')
    group by practitioner_id, {{ week_of('starts_on') }}
),

done as (
    select
        visit.practitioner_id,
        {{ week_of('visit.visit_on') }} as week_start_on,
        count(*) as visits,
        sum(case when visit.visit_type = 'warm_handoff' then 1 else 0 end) as warm_handoffs,
        count(distinct visit.patient_id) as unique_patients,
        count(encounter.encounter_id) as billable_visits
    from visit
    left join encounter
        on visit.encounter_id = encounter.encounter_id
    group by visit.practitioner_id, {{ week_of('visit.visit_on') }}
),

sent as (
    select
        team_id,
        {{ week_of('authored_on') }} as week_start_on,
        count(*) as referrals
    from referral
    group by team_id, {{ week_of('authored_on') }}
),

final as (
    select
        studied.practitioner_id,
        studied.week_start_on,
        cast(studied.prebooked_slots as double) / studied.slots as prebooked_share,
        cast(studied.open_slots as double) / studied.slots as open_share,
        {{ ratio('kept.no_shows', 'kept.appointments') }} as no_show_rate,
        case
            when home.team_id is not null and {{ add_days('studied.week_end_on', 7) }} <= {{ as_of_date() }}
                then cast(coalesce(sent.referrals, 0) as integer)
        end as referrals_next_week,
        cast(coalesce(done.warm_handoffs, 0) as integer) as warm_handoffs,
        cast(coalesce(done.unique_patients, 0) as integer) as unique_patients,
        cast(coalesce(done.billable_visits, 0) as integer) as billable_visits,
        cast(coalesce(done.visits, 0) as integer) as visits,
        cast(studied.slots as integer) as slots,
        cast(coalesce(kept.appointments, 0) as integer) as appointments
    from studied
    left join kept
        on studied.practitioner_id = kept.practitioner_id
        and studied.week_start_on = kept.week_start_on
    left join done
        on studied.practitioner_id = done.practitioner_id
        and studied.week_start_on = done.week_start_on
    left join home
        on studied.practitioner_id = home.practitioner_id
        and studied.week_end_on >= home.valid_from
        and studied.week_end_on < home.valid_until
    left join sent
        on home.team_id = sent.team_id
        and {{ add_days('studied.week_start_on', 7) }} = sent.week_start_on
)

select * from final
