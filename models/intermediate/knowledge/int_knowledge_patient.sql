-- Whose ledger has to be reckoned again as it was known on a closing day: those whom a late change concerns and those
-- who shared a staff member's time with them (compared), and those who shared time with these (context alone).
with late_change as (
    select * from {{ ref('int_late_change') }}
),

closing as (
    select * from {{ ref('int_closing') }}
),

bounds as (
    select * from {{ ref('int_closing_bounds') }}
),

ledger_version as (
    select * from {{ ref('int_care_activity_version') }}
    where ended_at is not null
),

first_entry as (
    select patient_id, min(started_at) as started_at
    from ledger_version
    group by patient_id
),

concerned as (
    select distinct
        closing.knowledge_id,
        late_change.patient_id
    from late_change
    inner join closing
        on late_change.delivered_on > closing.closed_on
        and late_change.bears_on <= closing.month_end_on
    inner join bounds
        on closing.closed_on >= bounds.first_delivered_on
    inner join first_entry
        on late_change.patient_id = first_entry.patient_id
        and closing.month_end_on >= {{ add_days('first_entry.started_at', -1) }}
),

worked_day as (
    select patient_id, staff_id, cast(started_at as date) as worked_on, started_at, ended_at
    from ledger_version
    union all
    select patient_id, staff_id, cast(ended_at as date) as worked_on, started_at, ended_at
    from ledger_version
    where cast(started_at as date) < cast(ended_at as date)
),

shared_with_concerned as (
    {{ sharing_time_with('concerned') }}
),

compared as (
    select knowledge_id, patient_id from concerned
    union
    select knowledge_id, patient_id from shared_with_concerned
),

shared_with_compared as (
    {{ sharing_time_with('compared') }}
),

involved as (
    select knowledge_id, patient_id, 1 as is_compared from compared
    union all
    select knowledge_id, patient_id, 0 as is_compared from shared_with_compared
),

final as (
    select
        knowledge_id,
        patient_id,
        max(is_compared) = 1 as is_compared
    from involved
    group by knowledge_id, patient_id
)

select * from final
