-- Slots of behavioral health consultants: whether an appointment stood on the morning, and whether it was booked ahead.
with slot as (
    select * from {{ ref('int_slot_latest') }}
    where coalesce(status, 'free') <> 'busy-unavailable'
),

staffing as (
    select * from {{ ref('int_staffing_latest') }}
    where
        role = 'bhc'
        and valid_from < valid_until
),

appointment as (
    select * from {{ ref('int_appointment_latest') }}
    where
        slot_id is not null
        and status not in ('proposed', 'waitlist', 'entered-in-error')
),

held as (
    select distinct
        slot.slot_id,
        slot.practitioner_id,
        slot.starts_on
    from slot
    inner join staffing
        on slot.practitioner_id = staffing.practitioner_id
        and slot.starts_on >= staffing.valid_from
        and slot.starts_on < staffing.valid_until
),

stood as (
    select
        held.slot_id,
        max(case when appointment.booked_on is null or appointment.booked_on < held.starts_on then 1 else 0 end) as is_taken,
        max(case
            when appointment.booked_on <= {{ add_days('held.starts_on', '-' ~ threshold_days('slot_prebooked_days')) }} then 1
            else 0
        end) as is_prebooked
    from held
    inner join appointment
        on held.slot_id = appointment.slot_id
    where
        appointment.status <> 'cancelled'
        or appointment.cancelled_on >= held.starts_on
    group by held.slot_id
),

final as (
    select
        held.slot_id,
        held.practitioner_id,
        held.starts_on,
        coalesce(stood.is_taken, 0) = 1 as is_taken_on_the_morning,
        coalesce(stood.is_prebooked, 0) = 1 as is_prebooked
    from held
    left join stood
        on held.slot_id = stood.slot_id
)

select * from final
