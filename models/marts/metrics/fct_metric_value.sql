with summed as (
    select * from {{ ref('int_metric_sum') }}
),

target as (
    select * from {{ ref('metric_target') }}
),

panel_opened as (
    select distinct
        period_type,
        period_start_on,
        is_opened
    from {{ ref('int_panel_total') }}
),

caseload as (
    select * from {{ ref('int_staff_fte') }}
    where role = 'care_manager'
),

median as (
    select * from {{ ref('int_metric_median') }}
),

aimed as (
    select
        summed.*,
        summed.numerator / nullif(summed.denominator, 0) as value,
        case
            when summed.metric_id = 'cocm_active_patients' then cast(caseload.guideline_low as double)
            when summed.metric_id = 'cocm_active_patients_per_fte' then caseload.guideline_low / nullif(caseload.fte, 0)
            else cast(target.target_low as double)
        end as target_low,
        case
            when summed.metric_id = 'cocm_active_patients' then cast(caseload.guideline_high as double)
            when summed.metric_id = 'cocm_active_patients_per_fte' then caseload.guideline_high / nullif(caseload.fte, 0)
            else cast(target.target_high as double)
        end as target_high
    from summed
    left join target
        on summed.metric_id = target.metric_id
        and summed.entity_type = target.entity_type
        and {{ in_period('summed.period_end_on', 'target.valid_from', 'target.valid_to') }}
    left join caseload
        on summed.entity_type = caseload.entity_type
        and summed.entity_id = caseload.entity_id
        and summed.period_type = caseload.period_type
        and summed.period_start_on = caseload.period_start_on
),

final as (
    select
        aimed.metric_id,
        aimed.metric_version,
        aimed.entity_type,
        aimed.entity_id,
        aimed.period_type,
        aimed.period_start_on,
        aimed.numerator,
        aimed.denominator,
        aimed.value,
        aimed.target_low,
        aimed.target_high,
        case
            when aimed.value is null or (aimed.target_low is null and aimed.target_high is null) then 'none'
            when aimed.value < aimed.target_low then 'below'
            when aimed.value > aimed.target_high then 'above'
            else 'within'
        end as target_status,
        aimed.period_end_on,
        median.median_value,
        aimed.is_of_patients
        and (aimed.metric_id <> 'pcbh_penetration' or coalesce(panel_opened.is_opened, true)) as is_opened_by_members
    from aimed
    left join median
        on aimed.metric_id = median.metric_id
        and aimed.entity_type = median.entity_type
        and aimed.entity_id = median.entity_id
        and aimed.period_type = median.period_type
        and aimed.period_start_on = median.period_start_on
    left join panel_opened
        on aimed.period_type = panel_opened.period_type
        and aimed.period_start_on = panel_opened.period_start_on
)

select * from final
