-- A maximal run of an entry's time that may count: midnight and borders that change nothing do not cut it. A whole entry
-- is one piece.
with slice as (
    select * from {{ ref('int_slice_qualified') }}
    where disqualification is null
),

marked as (
    select
        slice.*,
        case
            when slice.slice_started_at = lag(slice.slice_ended_at) over (
                partition by slice.knowledge_id, slice.entry_id
                order by slice.slice_started_at
            ) then 0
            else 1
        end as begins_piece
    from slice
    where not slice.is_whole_entry
),

numbered as (
    select
        marked.*,
        sum(marked.begins_piece) over (
            partition by marked.knowledge_id, marked.entry_id
            order by marked.slice_started_at
            rows between unbounded preceding and current row
        ) as piece_number
    from marked
),

final as (
    select
        knowledge_id,
        entry_id,
        cast(piece_number as bigint) as piece_number,
        patient_id,
        staff_id,
        min(slice_started_at) as piece_started_at,
        max(slice_ended_at) as piece_ended_at
    from numbered
    group by knowledge_id, entry_id, piece_number, patient_id, staff_id
    union all
    select
        knowledge_id,
        entry_id,
        cast(1 as bigint) as piece_number,
        patient_id,
        staff_id,
        slice_started_at as piece_started_at,
        slice_ended_at as piece_ended_at
    from slice
    where is_whole_entry
)

select * from final
