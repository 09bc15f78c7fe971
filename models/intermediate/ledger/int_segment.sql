-- The ledger for each knowledge: maximal segments of an entry with one answer each. A whole entry that loses nothing is one
-- segment; the parts of the others are joined again where the answer stays the same.
with slice as (
    select * from {{ ref('int_slice_qualified') }}
    where is_whole_entry
),

part as (
    select * from {{ ref('int_segment_part') }}
),

parted_entry as (
    select distinct knowledge_id, entry_id from part
),

plain as (
    select slice.*
    from slice
    left join parted_entry
        on slice.knowledge_id = parted_entry.knowledge_id
        and slice.entry_id = parted_entry.entry_id
    where parted_entry.entry_id is null
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
