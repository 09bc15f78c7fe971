-- Procedures of a code that a value set lists, as they are known now, in UTC and by their local dates.
with procedure_row as (
    {{ latest_listed('stg_feed__procedure', 'procedure_id') }}
),

zoned as (
    select
        procedure_row.*,
        {{ row_time_zone(team=false, encounter=true) }} as time_zone
    from procedure_row
    {{ join_row_time_zone('procedure_row', 'procedure_row.performed_at', encounter='procedure_row.encounter_id',
        practitioner='procedure_row.practitioner_id', patient='procedure_row.patient_id') }}
    where procedure_row.status <> 'entered-in-error'
),

instant as (
    select
        zoned.*,
        {{ utc_instant('zoned.performed_at', 'start_offset') }} as performed_at_utc,
        {{ utc_instant('zoned.ended_at', 'end_offset') }} as ended_at_utc
    from zoned
    {{ join_offset_of_local('start_offset', 'zoned.time_zone', 'zoned.performed_at', 'zoned.performed_at_is_local') }}
    {{ join_offset_of_local('end_offset', 'zoned.time_zone', 'zoned.ended_at', 'zoned.ended_at_is_local') }}
),

final as (
    select
        instant.procedure_id,
        instant.patient_id,
        instant.encounter_id,
        instant.practitioner_id,
        instant.code_system,
        instant.code,
        instant.status,
        instant.not_done_reason,
        instant.performed_at_utc as performed_at,
        {{ local_date('instant.performed_at_utc', 'start_day_offset') }} as performed_on,
        coalesce(
            {{ local_date('instant.ended_at_utc', 'end_day_offset') }},
            {{ local_date('instant.performed_at_utc', 'start_day_offset') }}
        ) as ended_on
    from instant
    {{ join_offset_at('start_day_offset', 'instant.time_zone', 'instant.performed_at_utc') }}
    {{ join_offset_at('end_day_offset', 'instant.time_zone', 'instant.ended_at_utc') }}
)

select * from final
