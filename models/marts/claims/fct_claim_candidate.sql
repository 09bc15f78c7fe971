with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

month_standing as (
    select * from {{ ref('int_month_standing') }}
),

practitioner as (
    select * from {{ ref('int_practitioner_known') }}
    where knowledge_id = 'current'
),

line as (
    select
        claim_month.*,
        {{ candidate_id('claim_month', 'base') }} as candidate_id,
        'base' as claim_line_kind,
        claim_month.base_code as procedure_code,
        case when claim_month.base_code is null then 0 else 1 end as units,
        claim_month.base_amount_usd as expected_amount_usd
    from claim_month
    union all
    select
        claim_month.*,
        {{ candidate_id('claim_month', 'addon') }} as candidate_id,
        'addon' as claim_line_kind,
        claim_month.addon_code as procedure_code,
        claim_month.addon_units as units,
        claim_month.addon_amount_usd as expected_amount_usd
    from claim_month
    where claim_month.addon_code is not null
),

final as (
    select
        line.candidate_id,
        line.patient_id,
        line.program,
        line.service_month,
        line.procedure_code,
        cast(line.units as integer) as units,
        month_standing.status,
        line.month_type,
        line.credited_minutes,
        line.unbilled_minutes,
        line.date_of_service,
        line.payer_id,
        line.policy_version,
        line.billing_practitioner_id,
        practitioner.npi as billing_npi,
        line.team_id,
        line.place_of_service,
        cast(line.expected_amount_usd as decimal(18, 2)) as expected_amount_usd,
        month_standing.blocking_check_ids,
        month_standing.review_check_ids,
        month_standing.suppressed_by,
        line.claim_line_kind,
        line.episode_id
    from line
    inner join month_standing
        on line.patient_id = month_standing.patient_id
        and line.program = month_standing.program
        and line.service_month = month_standing.service_month
    left join practitioner
        on line.billing_practitioner_id = practitioner.practitioner_id
)

select * from final
