-- A returned row is time lost to another entry that did not claim that moment, or of which nobody knows to whom it
-- was lost. Look first at int_piece for the winner: one of its pieces has to cover the loser's segment.
{{ config(severity='error', meta={'owner': 'data_engineering'}) }}

with segment as (
    select * from {{ ref('int_segment') }}
    where
        disposition in ('staff_overlap', 'patient_overlap')
        or lost_to_entry_id is not null
),

piece as (
    select * from {{ ref('int_piece') }}
),

won as (
    select
        segment.knowledge_id,
        segment.entry_id,
        segment.segment_number
    from segment
    inner join piece
        on segment.knowledge_id = piece.knowledge_id
        and segment.lost_to_entry_id = piece.entry_id
        and segment.started_at >= piece.piece_started_at
        and segment.ended_at <= piece.piece_ended_at
        and (
            (segment.disposition = 'staff_overlap' and segment.staff_id = piece.staff_id)
            or (
                segment.disposition = 'patient_overlap'
                and segment.patient_id = piece.patient_id
                and segment.staff_id <> piece.staff_id
            )
        )
    where segment.entry_id <> piece.entry_id
),

final as (
    select
        segment.knowledge_id,
        segment.entry_id,
        segment.segment_number,
        segment.disposition,
        segment.lost_to_entry_id
    from segment
    left join won
        on segment.knowledge_id = won.knowledge_id
        and segment.entry_id = won.entry_id
        and segment.segment_number = won.segment_number
    where won.entry_id is null
)

select * from final
