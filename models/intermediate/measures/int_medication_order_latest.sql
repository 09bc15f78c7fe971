-- Orders of a medication that a value set lists, as they are known now, in UTC and by the local date they were written on.
with medication_order as (
    {{ latest_listed('stg_feed__medication_order', 'order_id') }}
),

zoned as (
    select
        medication_order.*,
        {{ row_time_zone(team=false, encounter=true, practitioner=false) }} as time_zone
    from medication_order
    {{ join_row_time_zone('medication_order', 'medication_order.authored_at',
        encounter='medication_order.encounter_id', patient='medication_order.patient_id') }}
    where medication_order.status <> 'entered-in-error'
),

instant as (
    select
        zoned.*,
        {{ utc_instant('zoned.authored_at', 'write_offset') }} as authored_at_utc
    from zoned
    {{ join_offset_of_local('write_offset', 'zoned.time_zone', 'zoned.authored_at', 'zoned.authored_at_is_local') }}
),

final as (
    select
        instant.order_id,
        instant.patient_id,
        instant.encounter_id,
        instant.code_system,
        instant.code,
        instant.intent,
        instant.do_not_perform,
        instant.status,
        instant.not_done_reason,
        instant.authored_at_utc as authored_at,
        {{ local_date('instant.authored_at_utc', 'day_offset') }} as authored_on
    from instant
    {{ join_offset_at('day_offset', 'instant.time_zone', 'instant.authored_at_utc') }}
)

select * from final
