-- Every delivered version of a time entry with its interval in UTC, and why a version is refused.
with version as (
    select * from {{ ref('stg_feed__care_activity') }}
),

bound as (
    select
        max(case when name = 'max_worked_hours' then value end) * 3600 as max_worked_seconds,
        max(case when name = 'max_interval_hours' then value end) * 3600 as max_interval_seconds,
        max(case when name = 'duration_tolerance_seconds' then value end) as tolerance_seconds
    from {{ ref('threshold') }}
    where {{ in_period(as_of_date(), 'valid_from', 'valid_to') }}
),

zoned as (
    select
        version.*,
        version.is_deleted or coalesce(version.status = 'entered-in-error', false) as is_void,
        {{ row_time_zone(team=false, encounter=true) }} as time_zone
    from version
    {{ join_row_time_zone('version', 'version.started_at', encounter='version.encounter_id',
        practitioner='version.staff_id', patient='version.patient_id') }}
),

instant as (
    select
        zoned.entry_id,
        zoned.patient_id,
        zoned.staff_id,
        zoned.activity_code,
        zoned.encounter_id,
        zoned.status,
        zoned.is_void,
        zoned.time_zone,
        zoned.site_columns,
        zoned.updated_at,
        zoned._delivered_on,
        zoned._source_file,
        zoned._row_number,
        {{ utc_instant('zoned.started_at', 'start_offset') }} as started_at,
        {{ utc_instant('zoned.ended_at', 'end_offset') }} as stated_ended_at,
        {{ utc_instant('zoned.documented_at', 'documented_offset') }} as documented_at,
        cast(round(zoned.duration_minutes * 60) as bigint) as stated_seconds
    from zoned
    {{ join_offset_of_local('start_offset', 'zoned.time_zone', 'zoned.started_at', 'zoned.started_at_is_local') }}
    {{ join_offset_of_local('end_offset', 'zoned.time_zone', 'zoned.ended_at', 'zoned.ended_at_is_local') }}
    {{ join_offset_of_local('documented_offset', 'zoned.time_zone', 'zoned.documented_at',
        'zoned.documented_at_is_local') }}
),

measured as (
    select
        instant.*,
        {{ seconds_between('instant.started_at', 'instant.stated_ended_at') }} as interval_seconds
    from instant
),

judged as (
    select
        measured.*,
        case
            when measured.stated_seconds is null or measured.stated_seconds > measured.interval_seconds
                then coalesce(measured.interval_seconds, measured.stated_seconds)
            else measured.stated_seconds
        end as worked_seconds,
        case
            when measured.started_at is null then 'missing_required:started_at'
            when measured.interval_seconds is null and measured.stated_seconds is null then 'open_interval'
            when measured.interval_seconds <= 0 or measured.stated_seconds <= 0 then 'non_positive_duration'
            when measured.stated_seconds > measured.interval_seconds + bound.tolerance_seconds
                then 'duration_exceeds_interval'
            when
                measured.interval_seconds > bound.max_interval_seconds
                or case
                    when measured.stated_seconds is null or measured.stated_seconds > measured.interval_seconds
                        then coalesce(measured.interval_seconds, measured.stated_seconds)
                    else measured.stated_seconds
                end > bound.max_worked_seconds
                then 'implausible_duration'
        end as interval_fault
    from measured
    cross join bound
),

final as (
    select
        entry_id,
        patient_id,
        staff_id,
        activity_code,
        encounter_id,
        status,
        time_zone,
        started_at,
        case
            when interval_fault is null then {{ dbt.dateadd('second', 'worked_seconds', 'started_at') }}
        end as ended_at,
        case when interval_fault is null then worked_seconds end as worked_seconds,
        documented_at,
        is_void,
        case when not is_void then interval_fault end as reject_reason,
        site_columns,
        updated_at,
        _delivered_on,
        _source_file,
        _row_number
    from judged
)

select * from final
