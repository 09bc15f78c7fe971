-- A returned row is credited time of a staff member that begins before other credited time of theirs has ended, for
-- whichever patients. Look first at int_piece_lost for the two entries: rule 13 has to give the moment to one of
-- them.
{{ config(severity='error', meta={'owner': 'data_engineering'}) }}

with segment as (
    select * from {{ ref('int_segment') }}
    where disposition = 'credited'
),

followed as (
    select
        knowledge_id,
        staff_id,
        entry_id,
        ended_at,
        -- Sorted by start, an overlap anywhere is an overlap of two neighbours somewhere.
        lead(entry_id) over (
            partition by knowledge_id, staff_id order by started_at, ended_at, entry_id
        ) as next_entry_id,
        lead(started_at) over (
            partition by knowledge_id, staff_id order by started_at, ended_at, entry_id
        ) as next_started_at
    from segment
),

final as (
    select * from followed
    where next_started_at < ended_at
)

select * from final
