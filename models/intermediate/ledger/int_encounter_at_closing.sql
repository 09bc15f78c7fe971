-- Visits as they were known on the closing days that something late concerns, their times in UTC.
with encounter as (
    {{ known_at_closing('stg_feed__encounter', ['encounter_id'], patient='patient_id') }}
),

zoned as (
    select
        encounter.*,
        {{ row_time_zone() }} as time_zone
    from encounter
    {{ join_row_time_zone('encounter', 'encounter.started_at', team='encounter.team_id',
        practitioner='encounter.practitioner_id', patient='encounter.patient_id') }}
),

final as (
    select
        zoned.knowledge_id,
        zoned.encounter_id,
        zoned.patient_id,
        zoned.practitioner_id,
        zoned.encounter_class,
        zoned.billing_codes,
        zoned.status,
        {{ utc_instant('zoned.started_at', 'start_offset') }} as started_at,
        {{ utc_instant('zoned.ended_at', 'end_offset') }} as ended_at
    from zoned
    {{ join_offset_of_local('start_offset', 'zoned.time_zone', 'zoned.started_at', 'zoned.started_at_is_local') }}
    {{ join_offset_of_local('end_offset', 'zoned.time_zone', 'zoned.ended_at', 'zoned.ended_at_is_local') }}
)

select * from final
