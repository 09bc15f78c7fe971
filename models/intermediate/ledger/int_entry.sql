-- A time entry as it counts: its latest accepted version, or, where that is void, the interval of the last one that was
-- not (of the void row itself where it is the only one and carries an interval).
with accepted as (
    select * from {{ ref('int_care_activity_accepted') }}
),

ranked as (
    select
        accepted.*,
        row_number() over (
            partition by accepted.knowledge_id, accepted.entry_id
            order by
                {{ version_order('accepted') }}
        ) as version_rank,
        row_number() over (
            partition by accepted.knowledge_id, accepted.entry_id
            order by
                case when accepted.is_void then 1 else 0 end asc,
                {{ version_order('accepted') }}
        ) as interval_rank
    from accepted
),

latest as (
    select * from ranked
    where version_rank = 1
),

with_interval as (
    select * from ranked
    where interval_rank = 1
),

entry as (
    select
        latest.knowledge_id,
        latest.entry_id,
        with_interval.patient_id,
        with_interval.staff_id,
        with_interval.activity_code,
        with_interval.encounter_id,
        with_interval.time_zone,
        with_interval.started_at,
        with_interval.ended_at,
        cast(with_interval.worked_seconds as bigint) as worked_seconds,
        with_interval.documented_at,
        with_interval.site_columns,
        latest.is_void
    from latest
    inner join with_interval
        on latest.knowledge_id = with_interval.knowledge_id
        and latest.entry_id = with_interval.entry_id
    where with_interval.ended_at is not null
),

final as (
    select
        entry.*,
        not entry.is_void
        and row_number() over (
            partition by
                entry.knowledge_id,
                entry.patient_id,
                entry.staff_id,
                entry.activity_code,
                entry.started_at,
                entry.ended_at,
                entry.is_void
            order by entry.documented_at asc nulls last, entry.entry_id asc
        ) > 1 as is_duplicate
    from entry
)

select * from final
