-- A returned row is a time entry whose segments do not cover its worked time exactly once, now or on a closing day:
-- seconds were lost or made up. Look first at int_segment for the entry, then at its slices in int_slice_qualified.
{{ config(severity='error', meta={'owner': 'data_engineering'}) }}

with entry as (
    select * from {{ ref('int_entry') }}
),

segment as (
    select
        segment.knowledge_id,
        segment.entry_id,
        min(segment.started_at) as started_at,
        max(segment.ended_at) as ended_at,
        sum({{ segment_seconds() }}) as seconds
    from {{ ref('int_segment') }} as segment
    group by segment.knowledge_id, segment.entry_id
),

final as (
    select
        coalesce(entry.knowledge_id, segment.knowledge_id) as knowledge_id,
        coalesce(entry.entry_id, segment.entry_id) as entry_id,
        entry.worked_seconds,
        segment.seconds
    from entry
    full outer join segment
        on entry.knowledge_id = segment.knowledge_id
        and entry.entry_id = segment.entry_id
    where
        entry.entry_id is null
        or segment.entry_id is null
        or entry.worked_seconds <> segment.seconds
        or entry.started_at <> segment.started_at
        or entry.ended_at <> segment.ended_at
)

select * from final
