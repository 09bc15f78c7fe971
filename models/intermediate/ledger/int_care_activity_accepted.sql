-- Accepted versions of time entries, for each knowledge. A rejected version never becomes one: the accepted one stays.
with version as (
    select * from {{ ref('int_care_activity_version') }}
    where reject_reason is null
),

knowledge as (
    select * from {{ ref('int_knowledge') }}
    where not is_current
),

concerned_entry as (
    select distinct
        knowledge_patient.knowledge_id,
        version.entry_id
    from {{ ref('int_knowledge_patient') }} as knowledge_patient
    inner join version
        on knowledge_patient.patient_id = version.patient_id
),

final as (
    select
        'current' as knowledge_id,
        version.*
    from version
    union all
    select
        knowledge.knowledge_id,
        version.*
    from version
    inner join concerned_entry
        on version.entry_id = concerned_entry.entry_id
    inner join knowledge
        on concerned_entry.knowledge_id = knowledge.knowledge_id
        and version._delivered_on <= knowledge.known_on
)

select * from final
