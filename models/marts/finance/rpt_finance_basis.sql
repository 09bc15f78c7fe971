with basis as (
    select * from {{ ref('int_finance_basis') }}
),

final as (
    select
        entity_type,
        entity_id,
        last_closed_month,
        revenue_source,
        revenue_per_billable_month_usd,
        billable_rate,
        conversion_rate,
        months_in_program,
        revenue_per_bhc_visit_usd,
        bhc_share,
        bhc_clinic_days,
        cost_per_month_usd,
        care_manager_fte,
        capacity_active_low,
        capacity_active_high,
        bhc_patients_per_day_low,
        bhc_patients_per_day_high
    from basis
)

select * from final
