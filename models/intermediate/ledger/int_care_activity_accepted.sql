-- Accepted versions of time entries, for each knowledge. A rejected version never becomes one: the accepted one stays.
-- Of a closed month, the months before it count only as far as a chain of months can reach back.
{{ config(materialized='view') }}

with version as (
    select * from {{ ref('int_care_activity_version') }}
    where reject_reason is null
),

knowledge as (
    select * from {{ ref('int_knowledge') }}
    where not is_current
),

longest_gap as (
    select max(episode_gap_months) as months from {{ ref('int_policy') }}
),

concerned_entry as (
    select distinct
        knowledge_patient.knowledge_id,
        version.entry_id
    from {{ ref('int_knowledge_patient') }} as knowledge_patient
    inner join knowledge
        on knowledge_patient.knowledge_id = knowledge.knowledge_id
    cross join longest_gap
    inner join version
        on knowledge_patient.patient_id = version.patient_id
        and version.started_at < {{ add_days(add_months('knowledge.closed_month', 1), 2) }}
        and version.started_at >= {{ add_days(add_months('knowledge.closed_month', '-longest_gap.months'), -2) }}
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
