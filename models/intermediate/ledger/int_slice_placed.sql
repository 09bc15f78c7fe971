-- Where each slice of an entry belongs: its episode, and the local date in that episode's zone. Where several episodes are
-- in force, cocm goes before bhi, then the latest start, then the lowest id.
{{ config(materialized='view') }}

with slice as (
    select * from {{ ref('int_entry_slice') }}
),

entry as (
    select * from {{ ref('int_entry') }}
),

entry_enrolment as (
    select * from {{ ref('int_entry_enrolment') }}
),

entry_day as (
    select * from {{ ref('int_entry_day') }}
),

claimed as (
    select
        slice.knowledge_id,
        slice.entry_id,
        slice.slice_started_at,
        entry_enrolment.episode_id,
        entry_enrolment.program,
        entry_day.local_on,
        row_number() over (
            partition by slice.knowledge_id, slice.entry_id, slice.slice_started_at
            order by
                entry_enrolment.program_precedence asc,
                entry_enrolment.started_on desc,
                entry_enrolment.episode_id asc
        ) as episode_rank
    from slice
    inner join entry_enrolment
        on slice.knowledge_id = entry_enrolment.knowledge_id
        and slice.entry_id = entry_enrolment.entry_id
    inner join entry_day
        on slice.knowledge_id = entry_day.knowledge_id
        and slice.entry_id = entry_day.entry_id
        and entry_enrolment.time_zone = entry_day.time_zone
        and slice.slice_started_at >= entry_day.part_started_at
        and slice.slice_started_at < entry_day.part_ended_at
        and entry_day.local_on >= entry_enrolment.started_on
        and entry_day.local_on <= entry_enrolment.last_day_on
),

episode_of_slice as (
    select * from claimed
    where episode_rank = 1
),

final as (
    select
        entry.knowledge_id,
        entry.entry_id,
        entry.patient_id,
        entry.staff_id,
        entry.activity_code,
        entry.is_void,
        entry.is_duplicate,
        slice.slice_started_at,
        slice.slice_ended_at,
        slice.is_whole_entry,
        episode_of_slice.episode_id,
        episode_of_slice.program,
        coalesce(episode_of_slice.local_on, own_day.local_on) as local_on
    from slice
    inner join entry
        on slice.knowledge_id = entry.knowledge_id
        and slice.entry_id = entry.entry_id
    inner join entry_day as own_day
        on slice.knowledge_id = own_day.knowledge_id
        and slice.entry_id = own_day.entry_id
        and entry.time_zone = own_day.time_zone
        and slice.slice_started_at >= own_day.part_started_at
        and slice.slice_started_at < own_day.part_ended_at
    left join episode_of_slice
        on slice.knowledge_id = episode_of_slice.knowledge_id
        and slice.entry_id = episode_of_slice.entry_id
        and slice.slice_started_at = episode_of_slice.slice_started_at
)

select * from final
