{%- set columns = ['billable_patients', 'priced_patients', 'cocm_expected_usd', 'expected_usd', 'submitted_usd', 'paid_usd',
    'active_patients', 'bhc_visits', 'bhc_days', 'bhc_paid_visits', 'bhc_paid_usd', 'staff_cost_days', 'unknown_cost_days',
    'service_cost_usd', 'referrals', 'converted_referrals'] -%}
-- Amounts and counts of a month that a bridge to finance is walked over, one row a source.
with candidate as (
    select
        patient_id,
        program,
        team_id,
        service_month,
        max(status) as status,
        case when count(expected_amount_usd) = count(*) then sum(expected_amount_usd) end as expected_usd
    from {{ ref('fct_claim_candidate') }}
    where
        status <> 'not_billable'
        and procedure_code is not null
    group by patient_id, program, team_id, service_month
),

paid as (
    select
        claim_line.service_month,
        patient_month.team_id,
        claim_line.paid_amount_usd
    from {{ ref('int_claim_line_latest') }} as claim_line
    left join {{ ref('fct_patient_month') }} as patient_month
        on claim_line.patient_id = patient_month.patient_id
        and claim_line.code_family = patient_month.program
        and claim_line.service_month = patient_month.service_month
    where
        claim_line.code_family in ('cocm', 'bhi')
        and claim_line.status = 'paid'
),

clinic_day as (
    select distinct
        practitioner_id,
        team_id,
        visit_on,
        {{ month_of('visit_on') }} as visit_month
    from {{ ref('int_bhc_visit') }}
),

final as (
    {{ amount_row('candidate', 'team_id', 'service_month', columns, {
        'billable_patients': "sum(case when program = 'cocm' then 1 else 0 end)",
        'priced_patients': "sum(case when program = 'cocm' and expected_usd is not null then 1 else 0 end)",
        'cocm_expected_usd': "sum(case when program = 'cocm' then expected_usd end)",
        'expected_usd': 'sum(expected_usd)',
        'submitted_usd': "sum(case when status = 'submitted' then expected_usd end)",
    }) }}
    union all
    {{ amount_row('paid', 'team_id', 'service_month', columns, {'paid_usd': 'sum(paid_amount_usd)'}) }}
    union all
    {{ amount_row(ref('int_cocm_active'), 'team_id', 'period_start_on', columns, {'active_patients': 'count(*)'}, "period_type = 'month'") }}
    union all
    {{ amount_row(ref('int_bhc_visit'), 'team_id', month_of('visit_on'), columns, {'bhc_visits': 'count(*)'}) }}
    union all
    {{ amount_row('clinic_day', 'team_id', 'visit_month', columns, {'bhc_days': 'count(*)'}) }}
    union all
    {{ amount_row(ref('int_bhc_visit_paid'), 'team_id', 'visit_month', columns, {
        'bhc_paid_visits': 'count(*)', 'bhc_paid_usd': 'sum(paid_usd)', 'expected_usd': 'sum(paid_usd)',
        'submitted_usd': 'sum(paid_usd)', 'paid_usd': 'sum(paid_usd)',
    }) }}
    union all
    {{ amount_row(ref('int_staffing_month'), 'team_id', 'month', columns, {
        'staff_cost_days': 'sum(cost_days)', 'unknown_cost_days': 'sum(days_of_unknown_fte + days_of_unknown_cost)',
    }, "role in ('care_manager', 'bhc', 'psychiatric_consultant')") }}
    union all
    {{ amount_row(ref('int_service_cost_latest'), 'team_id', 'cost_month', columns, {'service_cost_usd': 'sum(amount_usd)'},
        "kind = 'ongoing'") }}
    union all
    {{ amount_row(ref('int_referral_contact'), 'team_id', month_of('authored_on'), columns, {
        'referrals': 'count(*)', 'converted_referrals': 'sum(case when is_converted then 1 else 0 end)',
    }) }}
)

select * from final
