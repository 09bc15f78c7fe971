-- The patients who are covered, on the first day of a reporting month, by a payer of a class that the state counts.
with coverage as (
    {{ latest_version('stg_feed__coverage', ['coverage_id']) }}
),

payer_policy as (
    select * from {{ ref('payer_policy') }}
),

month as (
    select * from {{ ref('int_state_report_month') }}
),

enrolled as (
    select distinct state, setting_from, patient_id
    from {{ ref('int_state_report_enrolment') }}
),

covered as (
    select
        coverage.patient_id,
        payer_policy.payer_class,
        coverage.effective_from,
        coverage.effective_to,
        payer_policy.valid_from,
        payer_policy.valid_to
    from coverage
    inner join payer_policy
        on coverage.payer_id = payer_policy.payer_id
),

final as (
    select distinct
        month.state,
        month.month,
        enrolled.patient_id
    from enrolled
    inner join covered
        on enrolled.patient_id = covered.patient_id
    inner join month
        on enrolled.state = month.state
        and enrolled.setting_from = month.setting_from
        and {{ in_period('month.month', 'covered.effective_from', 'covered.effective_to') }}
        and {{ in_period('month.month', 'covered.valid_from', 'covered.valid_to') }}
    where {{ list_has('month.payer_classes', 'covered.payer_class') }}
)

select * from final
