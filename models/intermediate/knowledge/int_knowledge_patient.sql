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

shared_time as (
    select distinct
        one.patient_id,
        other.patient_id as other_patient_id
    from ledger_version as one
    inner join ledger_version as other
        on one.staff_id = other.staff_id
        and one.started_at < other.ended_at
        and other.started_at < one.ended_at
        and one.patient_id <> other.patient_id
    where exists (select 1 from concerned)
),

compared as (
    select knowledge_id, patient_id from concerned
    union
    select concerned.knowledge_id, shared_time.other_patient_id as patient_id
    from concerned
    inner join shared_time
        on concerned.patient_id = shared_time.patient_id
),

involved as (
    select knowledge_id, patient_id, 1 as is_compared from compared
    union all
    select compared.knowledge_id, shared_time.other_patient_id as patient_id, 0 as is_compared
    from compared
    inner join shared_time
        on compared.patient_id = shared_time.patient_id
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
