-- Findings of a code that a value set or a form lists, as they are known now, in UTC and by their local date.
with observation as (
    {{ latest_listed('stg_feed__observation', 'observation_id', ['int_value_set_code', 'int_form_code']) }}
),

parted as (
    select
        observation.*,
        case
            when observation.observation_id like '%#%'
                then {{ dbt.split_part('observation.observation_id', "'#'", 1) }}
        end as whole_id
    from observation
),

-- What a part (its id is the whole's and `#` and its code) was sent in, as it is now.
whole as (
    select ranked.*
    from (
        select
            version.observation_id,
            version.is_deleted,
            version._file_id,
            version._row_number,
            row_number() over (
                partition by version.observation_id
                order by {{ version_order('version') }}
            ) as version_rank
        from {{ ref('stg_feed__observation') }} as version
        inner join (select distinct whole_id from parted) as sought
            on version.observation_id = sought.whole_id
    ) as ranked
    where ranked.version_rank = 1
),

zoned as (
    select
        parted.*,
        {{ row_time_zone(team=false, encounter=true, practitioner=false) }} as time_zone
    from parted
    {{ join_row_time_zone('parted', 'parted.observed_at', encounter='parted.encounter_id',
        patient='parted.patient_id') }}
    left join whole
        on parted.whole_id = whole.observation_id
    where
        parted.status <> 'entered-in-error'
        and (
            whole.observation_id is null
            or (
                not whole.is_deleted
                and whole._file_id = parted._file_id
                and whole._row_number = parted._row_number
            )
        )
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
        {{ local_date('instant.observed_at_utc', 'day_offset') }} as observed_on,
        instant.time_zone,
        instant.updated_at,
        instant._delivered_on,
        instant._source_file,
        instant._row_number
    from instant
    {{ join_offset_at('day_offset', 'instant.time_zone', 'instant.observed_at_utc') }}
)

select * from final
