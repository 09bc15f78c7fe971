-- Where a month stands in its chain of months with credited time, and by which path its codes are chosen.
with patient_month as (
    select * from {{ ref('int_patient_month') }}
),

policy as (
    select * from {{ ref('int_policy') }}
),

preceded as (
    select
        patient_month.*,
        policy.episode_gap_months,
        policy.time_rule,
        case patient_month.program
            when 'cocm' then policy.fqhc_rhc_rule_cocm
            else policy.fqhc_rhc_rule_bhi
        end as health_center_rule,
        policy.takes_apcm_addons,
        max(case when patient_month.credited_seconds > 0 then patient_month.service_month end) over (
            partition by patient_month.knowledge_id, patient_month.patient_id, patient_month.program
            order by patient_month.service_month
            rows between unbounded preceding and 1 preceding
        ) as last_credited_month
    from patient_month
    inner join policy
        on patient_month.policy_version = policy.policy_version
),

typed as (
    select
        preceded.*,
        case
            when preceded.last_credited_month is null then 'initial'
            when
                {{ months_between('preceded.last_credited_month', 'preceded.service_month') }} - 1
                >= preceded.episode_gap_months
                then 'initial'
            else 'subsequent'
        end as type_if_credited,
        case
            when preceded.facility_type in ('fqhc', 'rhc') and preceded.health_center_rule <> 'component'
                then preceded.health_center_rule
            when preceded.is_apcm_enrolled and preceded.takes_apcm_addons then 'apcm'
            else 'component'
        end as code_path
    from preceded
),

chained as (
    select
        typed.*,
        sum(case when typed.credited_seconds > 0 and typed.type_if_credited = 'initial' then 1 else 0 end) over (
            partition by typed.knowledge_id, typed.patient_id, typed.program
            order by typed.service_month
            rows between unbounded preceding and current row
        ) as chain_number
    from typed
),

final as (
    select
        chained.*,
        case when chained.credited_seconds > 0 then chained.type_if_credited end as month_type,
        case
            when chained.credited_seconds > 0
                then min(chained.first_credited_on) over (
                    partition by chained.knowledge_id, chained.patient_id, chained.program, chained.chain_number
                )
        end as chain_started_on,
        sum(case when chained.credited_seconds > 0 then 1 else 0 end) over (
            partition by chained.knowledge_id, chained.patient_id, chained.program, chained.chain_number
            order by chained.service_month
            rows between unbounded preceding and current row
        ) as months_in_chain
    from chained
)

select * from final
