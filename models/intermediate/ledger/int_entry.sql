-- A time entry as it counts: its latest accepted version, or, where that is void, the interval of the last one that was
-- not (of the void row itself where it is the only one and carries an interval). Entries of one version need no ranking,
-- nor do those whose patient, staff, activity and interval no other has.
with accepted as (
    select * from {{ ref('int_care_activity_accepted') }}
),

many as (
    select knowledge_id, entry_id
    from accepted
    group by knowledge_id, entry_id
    having count(*) > 1
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
    inner join many
        on accepted.knowledge_id = many.knowledge_id
        and accepted.entry_id = many.entry_id
),

entry as (
    select
        {{ entry_columns('accepted') }},
        accepted.is_void
    from accepted
    left join many
        on accepted.knowledge_id = many.knowledge_id
        and accepted.entry_id = many.entry_id
    where many.entry_id is null
    union all
    select
        {{ entry_columns('with_interval') }},
        latest.is_void
    from ranked as latest
    inner join ranked as with_interval
        on latest.knowledge_id = with_interval.knowledge_id
        and latest.entry_id = with_interval.entry_id
    where
        latest.version_rank = 1
        and with_interval.interval_rank = 1
),

whole as (
    select * from entry
    where
        ended_at is not null
        and patient_id is not null
),

-- Few share a patient and a start: only they are compared further.
shared_start as (
    select knowledge_id, patient_id, started_at
    from whole
    where not is_void
    group by knowledge_id, patient_id, started_at
    having count(*) > 1
),

twin as (
    select
        whole.knowledge_id,
        whole.patient_id,
        whole.staff_id,
        whole.activity_code,
        whole.started_at,
        whole.ended_at
    from whole
    inner join shared_start
        on whole.knowledge_id = shared_start.knowledge_id
        and whole.patient_id = shared_start.patient_id
        and whole.started_at = shared_start.started_at
    where not whole.is_void
    group by
        whole.knowledge_id,
        whole.patient_id,
        whole.staff_id,
        whole.activity_code,
        whole.started_at,
        whole.ended_at
    having count(*) > 1
),

twin_ranked as (
    select
        whole.knowledge_id,
        whole.entry_id,
        row_number() over (
            partition by
                whole.knowledge_id,
                whole.patient_id,
                whole.staff_id,
                whole.activity_code,
                whole.started_at,
                whole.ended_at
            order by whole.documented_at asc nulls last, whole.entry_id asc
        ) as twin_rank
    from whole
    inner join twin
        on whole.knowledge_id = twin.knowledge_id
        and whole.patient_id = twin.patient_id
        and whole.staff_id = twin.staff_id
        and whole.activity_code = twin.activity_code
        and whole.started_at = twin.started_at
        and whole.ended_at = twin.ended_at
    where not whole.is_void
),

final as (
    select
        whole.*,
        coalesce(twin_ranked.twin_rank, 1) > 1 as is_duplicate
    from whole
    left join twin_ranked
        on whole.knowledge_id = twin_ranked.knowledge_id
        and whole.entry_id = twin_ranked.entry_id
)

select * from final
