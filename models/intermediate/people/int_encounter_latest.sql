-- Visits as they are known now, their times in UTC and their local date.
with encounter as (
    {{ latest_version('stg_feed__encounter', ['encounter_id']) }}
),

zoned as (
    select
        encounter.*,
        zone_of_team.time_zone as team_time_zone,
        {{ row_time_zone() }} as time_zone
    from encounter
    {{ join_row_time_zone('encounter', 'encounter.started_at', team='encounter.team_id',
        practitioner='encounter.practitioner_id', patient='encounter.patient_id') }}
),

instant as (
    select
        zoned.*,
        {{ utc_instant('zoned.started_at', 'start_offset') }} as started_at_utc,
        {{ utc_instant('zoned.ended_at', 'end_offset') }} as ended_at_utc
    from zoned
    {{ join_offset_of_local('start_offset', 'zoned.time_zone', 'zoned.started_at', 'zoned.started_at_is_local') }}
    {{ join_offset_of_local('end_offset', 'zoned.time_zone', 'zoned.ended_at', 'zoned.ended_at_is_local') }}
),

final as (
    select
        instant.encounter_id,
        instant.patient_id,
        instant.practitioner_id,
        instant.team_id,
        instant.encounter_class,
        instant.service_line,
        instant.visit_type,
        instant.modality,
        instant.started_at_utc as started_at,
        instant.ended_at_utc as ended_at,
        instant.status,
        instant.billing_codes,
        instant.type_codes,
        instant.discharge_disposition,
        instant.time_zone,
        instant.team_time_zone,
        {{ local_date('instant.started_at_utc', 'day_offset') }} as started_on
    from instant
    {{ join_offset_at('day_offset', 'instant.time_zone', 'instant.started_at_utc') }}
)

select * from final
