-- Where entries that are cut or lose time are cut into parts with one answer each: a slice that cannot count is one part,
-- another is lost to the staff member's entry first, then to the patient's, and the rest is credited. A whole entry that
-- loses nothing has no part.
with slice as (
    select * from {{ ref('int_slice_qualified') }}
),

lost as (
    select * from {{ ref('int_piece_lost') }}
),

losing_entry as (
    select distinct knowledge_id, entry_id from lost
),

intricate as (
    select slice.*
    from slice
    left join losing_entry
        on slice.knowledge_id = losing_entry.knowledge_id
        and slice.entry_id = losing_entry.entry_id
    where
        not slice.is_whole_entry
        or losing_entry.entry_id is not null
),

competing as (
    select
        intricate.*,
        coalesce(lost.staff_lost_until, intricate.slice_started_at) as staff_lost_until,
        lost.staff_lost_to_entry_id,
        coalesce(lost.patient_lost_until, intricate.slice_started_at) as patient_lost_until,
        lost.patient_lost_to_entry_id
    from intricate
    left join lost
        on intricate.knowledge_id = lost.knowledge_id
        and intricate.entry_id = lost.entry_id
        and intricate.slice_started_at >= lost.piece_started_at
        and intricate.slice_started_at < lost.piece_ended_at
    where intricate.disqualification is null
),

final as (
    select
        {{ part_columns() }},
        slice_started_at as started_at,
        slice_ended_at as ended_at,
        disqualification as disposition,
        cast(null as {{ dbt.type_string() }}) as lost_to_entry_id
    from intricate
    where disqualification is not null
    union all
    select
        {{ part_columns() }},
        slice_started_at as started_at,
        case when staff_lost_until < slice_ended_at then staff_lost_until else slice_ended_at end as ended_at,
        'staff_overlap' as disposition,
        staff_lost_to_entry_id as lost_to_entry_id
    from competing
    where staff_lost_until > slice_started_at
    union all
    select
        {{ part_columns() }},
        case when staff_lost_until > slice_started_at then staff_lost_until else slice_started_at end as started_at,
        case when patient_lost_until < slice_ended_at then patient_lost_until else slice_ended_at end as ended_at,
        case when counts_concurrent_staff then 'credited' else 'patient_overlap' end as disposition,
        case when not counts_concurrent_staff then patient_lost_to_entry_id end as lost_to_entry_id
    from competing
    where
        patient_lost_until > slice_started_at
        and patient_lost_until > staff_lost_until
        and staff_lost_until < slice_ended_at
    union all
    select
        {{ part_columns() }},
        case when patient_lost_until > slice_started_at then patient_lost_until else slice_started_at end as started_at,
        slice_ended_at as ended_at,
        'credited' as disposition,
        cast(null as {{ dbt.type_string() }}) as lost_to_entry_id
    from competing
    where patient_lost_until < slice_ended_at
)

select * from final
