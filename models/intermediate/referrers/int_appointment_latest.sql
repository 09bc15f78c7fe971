-- Appointments as they are known now, their times in UTC and their local date; errors are none. Of a scheduler's messages
-- the booking alone says when it was made, and the cancellation when that was: later ones leave it blank, and it stands.
-- So do the people and the service of a message that names neither.
with appointment as (
    {{ latest_version('stg_feed__appointment', ['appointment_id']) }}
),

booking as (
    {{ booking_messages() }}
),

naming as (
    {{ naming_messages('appointment') }}
),

cancelled_untold as (
    select appointment_id from appointment
    where
        status = 'cancelled'
        and cancelled_at is null
        and site_columns like '%"x_siu_trigger"%'
),

message_ranked as (
    select
        version.appointment_id,
        version.status,
        version.cancelled_at as message_cancelled_at,
        version.cancelled_at_is_local as message_cancelled_at_is_local,
        row_number() over (
            partition by version.appointment_id
            order by
                {{ version_order('version') }}
        ) as message_rank
    from {{ ref('stg_feed__appointment') }} as version
    inner join cancelled_untold
        on version.appointment_id = cancelled_untold.appointment_id
    where not version.is_deleted
),

stood as (
    select
        appointment_id,
        min(message_rank) as stood_rank
    from message_ranked
    where status <> 'cancelled'
    group by appointment_id
),

cancellation as (
    select
        message_ranked.*,
        row_number() over (
            partition by message_ranked.appointment_id
            order by message_ranked.message_rank desc
        ) as cancellation_rank
    from message_ranked
    left join stood
        on message_ranked.appointment_id = stood.appointment_id
    where
        message_ranked.message_cancelled_at is not null
        and (stood.stood_rank is null or message_ranked.message_rank < stood.stood_rank)
),

zoned as (
    select
        appointment.*,
        coalesce(naming.practitioner_id, appointment.practitioner_id) as last_practitioner_id,
        coalesce(naming.service_line, appointment.service_line) as last_service_line,
        coalesce(naming.visit_type, appointment.visit_type) as last_visit_type,
        coalesce(naming.modality, appointment.modality) as last_modality,
        coalesce(appointment.booked_at, booking.message_booked_at) as first_booked_at,
        case
            when appointment.booked_at is null then booking.message_booked_at_is_local
            else appointment.booked_at_is_local
        end as first_booked_at_is_local,
        coalesce(appointment.cancelled_at, cancellation.message_cancelled_at) as first_cancelled_at,
        case
            when appointment.cancelled_at is null then cancellation.message_cancelled_at_is_local
            else appointment.cancelled_at_is_local
        end as first_cancelled_at_is_local,
        {{ row_time_zone() }} as time_zone
    from appointment
    left join booking
        on appointment.appointment_id = booking.appointment_id
        and booking.booking_rank = 1
    left join naming
        on appointment.appointment_id = naming.appointment_id
        and naming.naming_rank = 1
    left join cancellation
        on appointment.appointment_id = cancellation.appointment_id
        and cancellation.cancellation_rank = 1
    {{ join_row_time_zone('appointment', 'appointment.starts_at', team='appointment.team_id',
        practitioner='coalesce(naming.practitioner_id, appointment.practitioner_id)', patient='appointment.patient_id') }}
    where appointment.status <> 'entered-in-error'
),

instant as (
    select
        zoned.*,
        {{ utc_instant('zoned.first_booked_at', 'book_offset') }} as booked_at_utc,
        {{ utc_instant('zoned.starts_at', 'start_offset') }} as starts_at_utc,
        {{ utc_instant('zoned.first_cancelled_at', 'cancel_offset') }} as cancelled_at_utc
    from zoned
    {{ join_offset_of_local('book_offset', 'zoned.time_zone', 'zoned.first_booked_at',
        'zoned.first_booked_at_is_local') }}
    {{ join_offset_of_local('start_offset', 'zoned.time_zone', 'zoned.starts_at', 'zoned.starts_at_is_local') }}
    {{ join_offset_of_local('cancel_offset', 'zoned.time_zone', 'zoned.first_cancelled_at',
        'zoned.first_cancelled_at_is_local') }}
),

final as (
    select
        instant.appointment_id,
        instant.patient_id,
        instant.last_practitioner_id as practitioner_id,
        instant.team_id,
        instant.last_service_line as service_line,
        instant.last_visit_type as visit_type,
        instant.last_modality as modality,
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
