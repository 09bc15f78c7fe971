-- Findings of a code that a value set lists, as they are known now, in UTC and by their local date.
with observation as (
    {{ latest_listed('stg_feed__observation', 'observation_id') }}
),

zoned as (
    select
        observation.*,
        {{ row_time_zone(team=false, encounter=true, practitioner=false) }} as time_zone
    from observation
    {{ join_row_time_zone('observation', 'observation.observed_at', encounter='observation.encounter_id',
        patient='observation.patient_id') }}
    where observation.status <> 'entered-in-error'
),

instant as (
    select
        zoned.*,
        {{ utc_instant('zoned.observed_at', 'observed_offset') }} as observed_at_utc
    from zoned
    {{ join_offset_of_local('observed_offset', 'zoned.time_zone', 'zoned.observed_at', 'zoned.observed_at_is_local') }}
),

final as (
    select
        instant.observation_id,
        instant.patient_id,
        instant.encounter_id,
        instant.code_system,
        instant.code,
        instant.value_code,
        instant.value_number,
        instant.status,
        instant.observed_at_utc as observed_at,
        {{ local_date('instant.observed_at_utc', 'day_offset') }} as observed_on
    from instant
    {{ join_offset_at('day_offset', 'instant.time_zone', 'instant.observed_at_utc') }}
)

select * from final
