-- The part of an entry on each local date, in each zone in which the entry is tested.
with entry as (
    select * from {{ ref('int_entry') }}
),

entry_enrolment as (
    select * from {{ ref('int_entry_enrolment') }}
),

day_number as (
    {{ dbt.generate_series(7) }}
),

zoned as (
    select knowledge_id, entry_id, time_zone, started_at, ended_at
    from entry
    union all
    select distinct
        entry.knowledge_id,
        entry.entry_id,
        entry_enrolment.time_zone,
        entry.started_at,
        entry.ended_at
    from entry_enrolment
    inner join entry
        on entry_enrolment.knowledge_id = entry.knowledge_id
        and entry_enrolment.entry_id = entry.entry_id
        and entry_enrolment.time_zone <> entry.time_zone
),

started as (
    select
        zoned.*,
        {{ dbt.dateadd('second', -1, 'zoned.ended_at') }} as last_second_at,
        {{ local_date('zoned.started_at', 'start_offset') }} as first_on,
        -- A clock is never set by more than some hours: far from midnight, the end needs no offset of its own.
        {{ local_date(dbt.dateadd('hour', 6, 'zoned.ended_at'), 'start_offset') }} as hours_after_end_on
    from zoned
    {{ join_offset_at('start_offset', 'zoned.time_zone', 'zoned.started_at') }}
),

dated as (
    select
        started.knowledge_id,
        started.entry_id,
        started.time_zone,
        started.started_at,
        started.ended_at,
        started.first_on,
        case
            when started.hours_after_end_on = started.first_on then started.first_on
            else {{ local_date('started.last_second_at', 'end_offset') }}
        end as last_on
    from started
    {{ join_offset_at('end_offset', 'case when started.hours_after_end_on > started.first_on then started.time_zone end',
        'started.last_second_at') }}
),

midnight as (
    select
        dated.knowledge_id,
        dated.entry_id,
        dated.time_zone,
        dated.ended_at,
        {{ add_days('dated.first_on', 'day_number.generated_number') }} as local_on
    from dated
    inner join day_number
        on {{ add_days('dated.first_on', 'day_number.generated_number') }} <= dated.last_on
    where dated.first_on < dated.last_on
),

border as (
    select
        knowledge_id,
        entry_id,
        time_zone,
        first_on as local_on,
        started_at as border_at,
        ended_at
    from dated
    where first_on < last_on
    union all
    select
        midnight.knowledge_id,
        midnight.entry_id,
        midnight.time_zone,
        midnight.local_on,
        {{ utc_instant('cast(midnight.local_on as timestamp)', 'midnight_offset') }} as border_at,
        midnight.ended_at
    from midnight
    {{ join_offset_of_local('midnight_offset', 'midnight.time_zone', 'cast(midnight.local_on as timestamp)') }}
),

final as (
    select
        knowledge_id,
        entry_id,
        time_zone,
        first_on as local_on,
        started_at as part_started_at,
        ended_at as part_ended_at
    from dated
    where first_on = last_on
    union all
    select
        knowledge_id,
        entry_id,
        time_zone,
        local_on,
        border_at as part_started_at,
        coalesce(
            lead(border_at) over (partition by knowledge_id, entry_id, time_zone order by border_at),
            ended_at
        ) as part_ended_at
    from border
)

select * from final
