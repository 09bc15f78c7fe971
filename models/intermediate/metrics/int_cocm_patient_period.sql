-- The active patients of a period with the minutes, the billable months and the case reviews that they had in it.
with active as (
    select * from {{ ref('int_cocm_active') }}
),

period_day as (
    select * from {{ ref('int_period_day') }}
    where period_type in {{ cocm_period_types() }}
),

patient_month as (
    select * from {{ ref('fct_patient_month') }}
    where program = 'cocm'
),

candidate as (
    select distinct
        patient_id,
        service_month
    from {{ ref('fct_claim_candidate') }}
    where
        program = 'cocm'
        and procedure_code is not null
),

review as (
    select * from {{ ref('int_cocm_review_period') }}
),

month_sum as (
    select
        patient_month.patient_id,
        period_day.period_type,
        period_day.period_start_on,
        sum(patient_month.credited_minutes) as credited_minutes,
        count(candidate.patient_id) as billable_months
    from patient_month
    inner join period_day
        on patient_month.service_month = period_day.day_on
    left join candidate
        on patient_month.patient_id = candidate.patient_id
        and patient_month.service_month = candidate.service_month
    group by patient_month.patient_id, period_day.period_type, period_day.period_start_on
),

final as (
    select
        active.patient_id,
        active.period_type,
        active.period_start_on,
        active.team_id,
        active.care_manager_id,
        active.last_day_on,
        active.days_in_treatment,
        cast(coalesce(month_sum.credited_minutes, 0) as integer) as credited_minutes,
        cast(coalesce(month_sum.billable_months, 0) as integer) as billable_months,
        case when month_sum.billable_months > 0 then 1 else 0 end as is_billable,
        coalesce(review.case_reviews, 0) as case_reviews,
        review.last_reviewed_on
    from active
    left join month_sum
        on active.patient_id = month_sum.patient_id
        and active.period_type = month_sum.period_type
        and active.period_start_on = month_sum.period_start_on
    left join review
        on active.patient_id = review.patient_id
        and active.period_type = review.period_type
        and active.period_start_on = review.period_start_on
)

select * from final
