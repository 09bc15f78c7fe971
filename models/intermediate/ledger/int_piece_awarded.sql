-- What of each piece is lost to another piece of the same staff member, and what of the rest to another staff member's
-- piece for the same patient.
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

staff_sorted as (
    {{ lose_overlap('piece', 'staff_id') }}
),

left_over as (
    select
        knowledge_id,
        entry_id,
        piece_number,
        patient_id,
        coalesce(lost_until, starts_at) as starts_at,
        ends_at
    from staff_sorted
    where
        lost_until is null
        or lost_until < ends_at
),

patient_sorted as (
    {{ lose_overlap('left_over', 'patient_id') }}
),

final as (
    select
        staff_sorted.knowledge_id,
        staff_sorted.entry_id,
        staff_sorted.piece_number,
        staff_sorted.starts_at as piece_started_at,
        staff_sorted.ends_at as piece_ended_at,
        coalesce(staff_sorted.lost_until, staff_sorted.starts_at) as staff_lost_until,
        staff_sorted.lost_to_entry_id as staff_lost_to_entry_id,
        coalesce(patient_sorted.lost_until, staff_sorted.lost_until, staff_sorted.starts_at) as patient_lost_until,
        patient_sorted.lost_to_entry_id as patient_lost_to_entry_id
    from staff_sorted
    left join patient_sorted
        on staff_sorted.knowledge_id = patient_sorted.knowledge_id
        and staff_sorted.entry_id = patient_sorted.entry_id
        and staff_sorted.piece_number = patient_sorted.piece_number
)

select * from final
