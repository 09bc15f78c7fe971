-- An entry cut wherever something that decides about its time may change, so that each slice has one answer.
{{ config(materialized='view') }}

with entry as (
    select * from {{ ref('int_entry') }}
),

entry_day as (
    select * from {{ ref('int_entry_day') }}
),

entry_exclusion as (
    select * from {{ ref('int_entry_exclusion') }}
),

consent as (
    select * from {{ ref('int_consent_known') }}
),

border as (
    select knowledge_id, entry_id, part_started_at as border_at from entry_day
    union
    select knowledge_id, entry_id, excluded_from as border_at from entry_exclusion
    union
    select knowledge_id, entry_id, excluded_until as border_at from entry_exclusion
    union
    select entry.knowledge_id, entry.entry_id, consent.granted_at as border_at
    from entry
    inner join consent
        on entry.knowledge_id = consent.knowledge_id
        and entry.patient_id = consent.patient_id
        and entry.started_at < consent.granted_at
        and entry.ended_at > consent.granted_at
    union
    select entry.knowledge_id, entry.entry_id, consent.revoked_at as border_at
    from entry
    inner join consent
        on entry.knowledge_id = consent.knowledge_id
        and entry.patient_id = consent.patient_id
        and entry.started_at < consent.revoked_at
        and entry.ended_at > consent.revoked_at
),

inner_border as (
    select
        border.knowledge_id,
        border.entry_id,
        border.border_at
    from border
    inner join entry
        on border.knowledge_id = entry.knowledge_id
        and border.entry_id = entry.entry_id
    where
        border.border_at > entry.started_at
        and border.border_at < entry.ended_at
),

cut_entry as (
    select distinct knowledge_id, entry_id from inner_border
),

edge as (
    select entry.knowledge_id, entry.entry_id, entry.started_at as border_at, entry.ended_at
    from entry
    inner join cut_entry
        on entry.knowledge_id = cut_entry.knowledge_id
        and entry.entry_id = cut_entry.entry_id
    union all
    select inner_border.knowledge_id, inner_border.entry_id, inner_border.border_at, entry.ended_at
    from inner_border
    inner join entry
        on inner_border.knowledge_id = entry.knowledge_id
        and inner_border.entry_id = entry.entry_id
),

final as (
    select
        knowledge_id,
        entry_id,
        border_at as slice_started_at,
        coalesce(
            lead(border_at) over (partition by knowledge_id, entry_id order by border_at),
            ended_at
        ) as slice_ended_at,
        false as is_whole_entry
    from edge
    union all
    select
        entry.knowledge_id,
        entry.entry_id,
        entry.started_at as slice_started_at,
        entry.ended_at as slice_ended_at,
        true as is_whole_entry
    from entry
    where not exists (
        select 1
        from cut_entry
        where
            entry.knowledge_id = cut_entry.knowledge_id
            and entry.entry_id = cut_entry.entry_id
    )
)

select * from final
