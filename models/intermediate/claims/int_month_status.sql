-- Where a month's claim stands, before it is held against the patient's other program.
with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

month_check as (
    select * from {{ ref('int_month_check') }}
),

failed as (
    select
        patient_id,
        program,
        service_month,
        max(case when check_id = 'not_already_billed' then 1 else 0 end) as is_already_billed,
        max(case when severity = 'block' then 1 else 0 end) as is_blocked,
        max(case when severity = 'review' then 1 else 0 end) as is_in_review,
        {{ failed_checks('block') }} as blocking_check_ids,
        {{ failed_checks('review') }} as review_check_ids
    from month_check
    where outcome = 'fail'
    group by patient_id, program, service_month
),

final as (
    select
        claim_month.patient_id,
        claim_month.program,
        claim_month.service_month,
        case
            when claim_month.base_code is null then 'not_billable'
            when failed.is_already_billed = 1 then 'submitted'
            when not claim_month.is_month_over then 'in_progress'
            when failed.is_blocked = 1 then 'held'
            when failed.is_in_review = 1 then 'review'
            else 'ready'
        end as own_status,
        nullif(substring(failed.blocking_check_ids, 2, 1000), '') as blocking_check_ids,
        nullif(substring(failed.review_check_ids, 2, 1000), '') as review_check_ids
    from claim_month
    left join failed
        on claim_month.patient_id = failed.patient_id
        and claim_month.program = failed.program
        and claim_month.service_month = failed.service_month
)

select * from final
