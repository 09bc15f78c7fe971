-- A returned row is time of two staff members that was credited to one patient for the same moment, although the
-- policy of the later one does not count both. Look first at int_piece_lost for the two entries: rule 14 has to
-- give the moment to one.
{{ config(severity='error', meta={'owner': 'data_engineering'}) }}

with segment as (
    select * from {{ ref('int_segment') }}
    where disposition = 'credited'
),

policy as (
    select * from {{ ref('int_policy') }}
),

preceded as (
    select
        knowledge_id,
        patient_id,
        entry_id,
        policy_version,
        started_at,
        max(ended_at) over (
            partition by knowledge_id, patient_id
            order by started_at, ended_at, entry_id
            rows between unbounded preceding and 1 preceding
        ) as furthest_end_before
    from segment
),

final as (
    select
        preceded.knowledge_id,
        preceded.patient_id,
        preceded.entry_id,
        preceded.started_at,
        preceded.furthest_end_before
    from preceded
    inner join policy
        on preceded.policy_version = policy.policy_version
    where
        preceded.started_at < preceded.furthest_end_before
        and not policy.counts_concurrent_staff
)

select * from final
