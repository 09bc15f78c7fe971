-- The reporting months of each state, with the settings in force on the first day of each.
with month as (
    select * from {{ ref('int_period') }}
    where period_type = 'month'
),

setting as (
    select * from {{ ref('state_report_setting') }}
),

final as (
    select
        setting.state,
        setting.valid_from as setting_from,
        month.period_start_on as month,
        month.period_end_on as month_end_on,
        setting.improved_min_days,
        setting.initial_screen_days,
        setting.screen_min_age_years,
        setting.screen_positive_at_least,
        setting.payer_classes,
        setting.clinician_roles,
        setting.fte_role,
        {{ add_days('month.period_end_on', '1 - setting.review_days') }} as review_from,
        {{ add_months(add_days('month.period_end_on', 1), '-setting.screen_months') }} as screen_from
    from month
    inner join setting
        on {{ in_period('month.period_start_on', 'setting.valid_from', 'setting.valid_to') }}
)

select * from final
