-- Slots of the schedule as they are known now, in UTC, with their local date. Read by the slot study alone.
with slot as (
    {{ latest_version('stg_feed__slot', ['slot_id']) }}
),

zoned as (
    select
        slot.*,
        {{ row_time_zone(patient=false) }} as time_zone
    from slot
    {{ join_row_time_zone('slot', 'slot.starts_at', team='slot.team_id', practitioner='slot.practitioner_id') }}
    where coalesce(slot.status, 'free') <> 'entered-in-error'
),

instant as (
    select
        zoned.*,
        {{ utc_instant('zoned.starts_at', 'start_offset') }} as starts_at_utc,
        {{ utc_instant('zoned.ends_at', 'end_offset') }} as ends_at_utc
    from zoned
    {{ join_offset_of_local('start_offset', 'zoned.time_zone', 'zoned.starts_at', 'zoned.starts_at_is_local') }}
    {{ join_offset_of_local('end_offset', 'zoned.time_zone', 'zoned.ends_at', 'zoned.ends_at_is_local') }}
),

final as (
    select
        instant.slot_id,
        instant.practitioner_id,
        instant.team_id,
        instant.starts_at_utc as starts_at,
        instant.ends_at_utc as ends_at,
        {{ local_date('instant.starts_at_utc', 'day_offset') }} as starts_on,
        instant.time_zone,
        instant.status
    from instant
    {{ join_offset_at('day_offset', 'instant.time_zone', 'instant.starts_at_utc') }}
)

select * from final
