-- Closed months that are compared with what was known on their closing day: those that something late concerns, and those
-- that were closed before anything had been delivered.
with closing as (
    select * from {{ ref('int_closing') }}
),

month_chain as (
    select * from {{ ref('int_month_chain') }}
),

policy as (
    select * from {{ ref('int_policy') }}
),

bounds as (
    select * from {{ ref('int_closing_bounds') }}
),

knowledge_patient as (
    select * from {{ ref('int_knowledge_patient') }}
    where is_compared
),

month_of_anyone as (
    select distinct
        month_chain.patient_id,
        month_chain.program,
        month_chain.service_month,
        policy.close_after_days
    from month_chain
    inner join policy
        on month_chain.policy_version = policy.policy_version
    where month_chain.knowledge_id = 'current'
    union
    select distinct
        month_chain.patient_id,
        month_chain.program,
        month_chain.service_month,
        closing.close_after_days
    from month_chain
    inner join closing
        on month_chain.knowledge_id = closing.knowledge_id
        and month_chain.service_month = closing.closed_month
),

final as (
    select
        month_of_anyone.patient_id,
        month_of_anyone.program,
        month_of_anyone.service_month,
        closing.knowledge_id,
        closing.closed_on,
        closing.month_end_on,
        closing.closed_on < bounds.first_delivered_on as is_before_first_delivery
    from month_of_anyone
    inner join closing
        on month_of_anyone.service_month = closing.closed_month
        and month_of_anyone.close_after_days = closing.close_after_days
    cross join bounds
    left join knowledge_patient
        on closing.knowledge_id = knowledge_patient.knowledge_id
        and month_of_anyone.patient_id = knowledge_patient.patient_id
    where
        knowledge_patient.patient_id is not null
        or closing.closed_on < bounds.first_delivered_on
)

select * from final
