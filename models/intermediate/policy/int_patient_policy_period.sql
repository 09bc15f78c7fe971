-- The payer and the policy that decide for a patient on a date.
with coverage_period as (
    select * from {{ ref('int_coverage_period') }}
),

payer_policy_period as (
    select * from {{ ref('int_payer_policy_period') }}
),

final as (
    select
        coverage_period.knowledge_id,
        coverage_period.patient_id,
        nullif(coverage_period.payer_id, '') as payer_id,
        nullif(coverage_period.coverage_id, '') as coverage_id,
        payer_policy_period.policy_version,
        case
            when coverage_period.valid_from > payer_policy_period.valid_from then coverage_period.valid_from
            else payer_policy_period.valid_from
        end as valid_from,
        case
            when coverage_period.valid_until < payer_policy_period.valid_until then coverage_period.valid_until
            else payer_policy_period.valid_until
        end as valid_until
    from coverage_period
    inner join payer_policy_period
        on coverage_period.payer_id = payer_policy_period.payer_id
        and coverage_period.valid_from < payer_policy_period.valid_until
        and coverage_period.valid_until > payer_policy_period.valid_from
)

select * from final
