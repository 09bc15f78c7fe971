-- The ledger for each knowledge: maximal segments of an entry with one answer each. A whole entry that loses nothing is one
-- segment; the others are cut where they lose time, and joined again where the answer stays the same.
with slice as (
    select * from {{ ref('int_slice_qualified') }}
),

lost as (
    select * from {{ ref('int_piece_lost') }}
),

losing_entry as (
    select distinct knowledge_id, entry_id from lost
),

plain as (
    select slice.*
    from slice
    left join losing_entry
        on slice.knowledge_id = losing_entry.knowledge_id
        and slice.entry_id = losing_entry.entry_id
    where
        slice.is_whole_entry
        and losing_entry.entry_id is null
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

part as (
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
),

compared as (
    select
        part.*,
        lag(part.local_on) over (partition by part.knowledge_id, part.entry_id order by part.started_at) as local_on_before,
        lag({{ answer_of('part') }}) over (
            partition by part.knowledge_id, part.entry_id order by part.started_at
        ) as answer_before
    from part
),

numbered as (
    select
        compared.*,
        sum(
            case
                when compared.local_on = compared.local_on_before and {{ answer_of('compared') }} = compared.answer_before
                    then 0
                else 1
            end
        ) over (
            partition by compared.knowledge_id, compared.entry_id
            order by compared.started_at
            rows between unbounded preceding and current row
        ) as segment_number
    from compared
),

final as (
    select
        knowledge_id,
        entry_id,
        cast(segment_number as integer) as segment_number,
        patient_id,
        episode_id,
        program,
        staff_id,
        staff_role,
        activity_code,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        local_on as service_on,
        disposition,
        payer_id,
        policy_version,
        lost_to_entry_id
    from numbered
    group by
        knowledge_id,
        entry_id,
        segment_number,
        patient_id,
        episode_id,
        program,
        staff_id,
        staff_role,
        activity_code,
        local_on,
        disposition,
        payer_id,
        policy_version,
        lost_to_entry_id
    union all
    select
        knowledge_id,
        entry_id,
        1 as segment_number,
        patient_id,
        episode_id,
        program,
        staff_id,
        staff_role,
        activity_code,
        slice_started_at as started_at,
        slice_ended_at as ended_at,
        local_on as service_on,
        coalesce(disqualification, 'credited') as disposition,
        payer_id,
        policy_version,
        cast(null as {{ dbt.type_string() }}) as lost_to_entry_id
    from plain
)

select * from final
