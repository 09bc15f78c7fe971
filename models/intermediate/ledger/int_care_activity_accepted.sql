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

-- Grouped, so that no engine compares every entry with every closed month first.
concerned as (
    select
        knowledge_patient.knowledge_id,
        knowledge_patient.patient_id,
        max(knowledge.known_on) as known_on,
        max({{ add_days(add_months('knowledge.closed_month', '-longest_gap.months'), -2) }}) as begins_on,
        max({{ add_days(add_months('knowledge.closed_month', 1), 2) }}) as ends_on
    from {{ ref('int_knowledge_patient') }} as knowledge_patient
    inner join knowledge
        on knowledge_patient.knowledge_id = knowledge.knowledge_id
    cross join longest_gap
    group by knowledge_patient.knowledge_id, knowledge_patient.patient_id
),

concerned_entry as (
    select distinct
        concerned.knowledge_id,
        concerned.known_on,
        version.entry_id
    from concerned
    inner join version
        on concerned.patient_id = version.patient_id
        and version.started_at < concerned.ends_on
        and version.started_at >= concerned.begins_on
),

final as (
    select
        'current' as knowledge_id,
        version.*
    from version
    union all
    select
        concerned_entry.knowledge_id,
        version.*
    from version
    inner join concerned_entry
        on version.entry_id = concerned_entry.entry_id
        and version._delivered_on <= concerned_entry.known_on
)

select * from final
