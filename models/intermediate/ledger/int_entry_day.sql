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

last_second as (
    select
        zoned.*,
        {{ dbt.dateadd('second', -1, 'zoned.ended_at') }} as last_second_at
    from zoned
),

dated as (
    select
        last_second.knowledge_id,
        last_second.entry_id,
        last_second.time_zone,
        last_second.started_at,
        last_second.ended_at,
        {{ local_date('last_second.started_at', 'start_offset') }} as first_on,
        {{ local_date('last_second.last_second_at', 'end_offset') }} as last_on
    from last_second
    {{ join_offset_at('start_offset', 'last_second.time_zone', 'last_second.started_at') }}
    {{ join_offset_at('end_offset', 'last_second.time_zone', 'last_second.last_second_at') }}
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
