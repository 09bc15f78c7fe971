-- The ledger for each knowledge: maximal segments of an entry with one answer each.
with slice as (
    select * from {{ ref('int_slice_qualified') }}
),

piece as (
    select * from {{ ref('int_piece_awarded') }}
),

competing as (
    select
        slice.*,
        piece.staff_lost_until,
        piece.staff_lost_to_entry_id,
        piece.patient_lost_until,
        piece.patient_lost_to_entry_id
    from slice
    inner join piece
        on slice.knowledge_id = piece.knowledge_id
        and slice.entry_id = piece.entry_id
        and slice.slice_started_at >= piece.piece_started_at
        and slice.slice_started_at < piece.piece_ended_at
    where slice.disqualification is null
),

part as (
    select
        {{ part_columns() }},
        slice_started_at as started_at,
        slice_ended_at as ended_at,
        disqualification as disposition,
        cast(null as {{ dbt.type_string() }}) as lost_to_entry_id
    from slice
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
)

select * from final
