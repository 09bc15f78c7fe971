-- Which episodes are enrolled in a reporting month, until which day of it, and whether they are covered on its first day.
with month as (
    select * from {{ ref('int_state_report_month') }}
),

enrolment as (
    select * from {{ ref('int_state_report_enrolment') }}
),

coverage as (
    select * from {{ ref('int_state_report_coverage') }}
),

final as (
    select
        month.state,
        month.setting_from,
        month.month,
        month.month_end_on,
        month.improved_min_days,
        month.review_from,
        enrolment.episode_id,
        enrolment.patient_id,
        enrolment.team_id,
        enrolment.started_on,
        enrolment.effective_end_on,
        enrolment.treated_from,
        case
            when enrolment.effective_end_on < month.month_end_on then enrolment.effective_end_on
            else month.month_end_on
        end as through_on,
        month.payer_classes is null or coverage.patient_id is not null as is_covered
    from month
    inner join enrolment
        on month.state = enrolment.state
        and month.setting_from = enrolment.setting_from
        and month.month_end_on >= enrolment.started_on
        and month.month <= enrolment.effective_end_on
    left join coverage
        on enrolment.state = coverage.state
        and month.month = coverage.month
        and enrolment.patient_id = coverage.patient_id
)

select * from final
