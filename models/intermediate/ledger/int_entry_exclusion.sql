-- Where the visits that exclude minutes touch an entry.
with entry as (
    select * from {{ ref('int_entry') }}
),

excluding_visit as (
    select * from {{ ref('int_excluding_visit') }}
),

final as (
    select
        entry.knowledge_id,
        entry.entry_id,
        excluding_visit.exclusion,
        excluding_visit.encounter_id,
        excluding_visit.visit_kind,
        excluding_visit.started_at as excluded_from,
        excluding_visit.ended_at as excluded_until
    from entry
    inner join excluding_visit
        on entry.knowledge_id = excluding_visit.knowledge_id
        and entry.patient_id = excluding_visit.patient_id
        and entry.started_at < excluding_visit.ended_at
        and entry.ended_at > excluding_visit.started_at
    where
        excluding_visit.exclusion = 'facility_stay'
        or excluding_visit.practitioner_id = entry.staff_id
)

select * from final
