-- Appointments as they are known now, their times in UTC and their local date; errors are none.
with appointment as (
    {{ latest_version('stg_feed__appointment', ['appointment_id']) }}
),

zoned as (
    select
        appointment.*,
        {{ row_time_zone() }} as time_zone
    from appointment
    {{ join_row_time_zone('appointment', 'appointment.starts_at', team='appointment.team_id',
        practitioner='appointment.practitioner_id', patient='appointment.patient_id') }}
    where appointment.status <> 'entered-in-error'
),

instant as (
    select
        zoned.*,
        {{ utc_instant('zoned.booked_at', 'book_offset') }} as booked_at_utc,
        {{ utc_instant('zoned.starts_at', 'start_offset') }} as starts_at_utc,
        {{ utc_instant('zoned.cancelled_at', 'cancel_offset') }} as cancelled_at_utc
    from zoned
    {{ join_offset_of_local('book_offset', 'zoned.time_zone', 'zoned.booked_at', 'zoned.booked_at_is_local') }}
    {{ join_offset_of_local('start_offset', 'zoned.time_zone', 'zoned.starts_at', 'zoned.starts_at_is_local') }}
    {{ join_offset_of_local('cancel_offset', 'zoned.time_zone', 'zoned.cancelled_at', 'zoned.cancelled_at_is_local') }}
),

final as (
    select
        instant.appointment_id,
        instant.patient_id,
        instant.practitioner_id,
        instant.team_id,
        instant.service_line,
        instant.visit_type,
        instant.modality,
        instant.status,
        instant.slot_id,
        instant.encounter_id,
        instant.time_zone,
        instant.booked_at_utc as booked_at,
        instant.starts_at_utc as starts_at,
        instant.cancelled_at_utc as cancelled_at,
        {{ local_date('instant.booked_at_utc', 'book_day_offset') }} as booked_on,
        {{ local_date('instant.starts_at_utc', 'day_offset') }} as starts_on,
        substring(cast(
            {{ dbt.dateadd('second', 'coalesce(day_offset.offset_seconds, 0)', 'instant.starts_at_utc') }}
            as {{ dbt.type_string() }}
        ), 12, 5) as starts_local_time,
        {{ local_date('instant.cancelled_at_utc', 'cancel_day_offset') }} as cancelled_on
    from instant
    {{ join_offset_at('book_day_offset', 'instant.time_zone', 'instant.booked_at_utc') }}
    {{ join_offset_at('day_offset', 'instant.time_zone', 'instant.starts_at_utc') }}
    {{ join_offset_at('cancel_day_offset', 'instant.time_zone', 'instant.cancelled_at_utc') }}
)

select * from final
