-- Pieces that lose time: to another piece of the same staff member, and of the rest to another staff member's piece for the
-- same patient. A piece that is not here keeps all of its time.
with piece as (
    select
        knowledge_id,
        entry_id,
        piece_number,
        patient_id,
        staff_id,
        piece_started_at as starts_at,
        piece_ended_at as ends_at
    from {{ ref('int_piece') }}
),

staff_reach as (
    {{ reach_before('piece', 'staff_id') }}
),

staff_loss as (
    {{ lost_time('staff_reach', 'staff_id') }}
),

left_over as (
    select
        piece.knowledge_id,
        piece.entry_id,
        piece.piece_number,
        piece.patient_id,
        coalesce(staff_loss.lost_until, piece.starts_at) as starts_at,
        piece.ends_at
    from piece
    left join staff_loss
        on piece.knowledge_id = staff_loss.knowledge_id
        and piece.entry_id = staff_loss.entry_id
        and piece.piece_number = staff_loss.piece_number
    where
        staff_loss.lost_until is null
        or staff_loss.lost_until < piece.ends_at
),

patient_reach as (
    {{ reach_before('left_over', 'patient_id') }}
),

patient_loss as (
    {{ lost_time('patient_reach', 'patient_id') }}
),

loser as (
    select knowledge_id, entry_id, piece_number from staff_loss
    union
    select knowledge_id, entry_id, piece_number from patient_loss
),

final as (
    select
        piece.knowledge_id,
        piece.entry_id,
        piece.piece_number,
        piece.starts_at as piece_started_at,
        piece.ends_at as piece_ended_at,
        coalesce(staff_loss.lost_until, piece.starts_at) as staff_lost_until,
        staff_loss.lost_to_entry_id as staff_lost_to_entry_id,
        coalesce(patient_loss.lost_until, staff_loss.lost_until, piece.starts_at) as patient_lost_until,
        patient_loss.lost_to_entry_id as patient_lost_to_entry_id
    from loser
    inner join piece
        on loser.knowledge_id = piece.knowledge_id
        and loser.entry_id = piece.entry_id
        and loser.piece_number = piece.piece_number
    left join staff_loss
        on loser.knowledge_id = staff_loss.knowledge_id
        and loser.entry_id = staff_loss.entry_id
        and loser.piece_number = staff_loss.piece_number
    left join patient_loss
        on loser.knowledge_id = patient_loss.knowledge_id
        and loser.entry_id = patient_loss.entry_id
        and loser.piece_number = patient_loss.piece_number
)

select * from final
