with walk as (
    select * from {{ ref('int_finance_walk') }}
),

done as (
    select * from {{ ref('int_finance_month') }}
),

number as (
    {{ dbt.generate_series(600) }}
),

dated as (
    select
        walk.*,
        {{ add_months(month_of('walk.period_start_on'), 'cast(number.generated_number as integer) - 1') }} as month
    from walk
    inner join number
        on walk.months >= number.generated_number
),

reached as (
    select
        dated.target_id,
        dated.month,
        dated.entity_type,
        dated.entity_id,
        dated.period_start_on,
        case when done.month_end_on < dated.period_end_on then done.month_end_on else dated.period_end_on end as through_on,
        -- The month before an open one is the last that is over.
        case when done.is_over then dated.month else {{ add_months('dated.month', -1) }} end as last_month_over
    from dated
    inner join done
        on dated.entity_type = done.entity_type
        and dated.entity_id = done.entity_id
        and dated.month = done.month
),

-- Where the period began before the months that are kept, what came in since its start is not known.
to_date as (
    select
        reached.target_id,
        reached.month,
        sum(done.expected_usd) as expected_usd,
        sum(done.submitted_usd) as submitted_usd,
        sum(done.paid_usd) as paid_usd,
        case
            when count(done.cost_usd) = count(*)
                then sum(done.cost_usd)
        end as cost_usd,
        sum(case when done.is_over then done.expected_usd else 0 end) as over_usd,
        sum(case when done.is_over then 1 else 0 end) as months_over
    from reached
    inner join done
        on reached.entity_type = done.entity_type
        and reached.entity_id = done.entity_id
        and done.month <= reached.month
        and done.month >= {{ month_of('reached.period_start_on') }}
    group by reached.target_id, reached.month, reached.period_start_on
    having min(done.month) = {{ month_of('reached.period_start_on') }}
),

recent as (
    select
        reached.target_id,
        reached.month,
        cast(sum(done.expected_usd) as double) / count(*) as mean_usd,
        stddev_samp(cast(done.expected_usd as double)) as sd_usd
    from reached
    inner join done
        on reached.entity_type = done.entity_type
        and reached.entity_id = done.entity_id
        and done.month <= reached.last_month_over
        and done.month > {{ add_months('reached.last_month_over', '-' ~ threshold_days('finance_recent_months')) }}
    group by reached.target_id, reached.month
),

judged as (
    select
        dated.*,
        to_date.expected_usd,
        to_date.submitted_usd,
        to_date.paid_usd,
        to_date.cost_usd,
        cast(dated.amount_usd as double) * (1 + {{ days_between('reached.period_start_on', 'reached.through_on') }})
        / (1 + {{ days_between('dated.period_start_on', 'dated.period_end_on') }}) as pace_usd,
        case
            when to_date.expected_usd > to_date.over_usd + (dated.months - to_date.months_over) * recent.mean_usd
                then cast(to_date.expected_usd as double)
            else cast(to_date.over_usd as double) + (dated.months - to_date.months_over) * recent.mean_usd
        end as projected_usd,
        case
            when dated.months = to_date.months_over then 0
            else {{ threshold('finance_interval_z') }} * recent.sd_usd * sqrt(dated.months - to_date.months_over)
        end as half_width_usd
    from dated
    left join reached
        on dated.target_id = reached.target_id
        and dated.month = reached.month
    left join to_date
        on dated.target_id = to_date.target_id
        and dated.month = to_date.month
    left join recent
        on dated.target_id = recent.target_id
        and dated.month = recent.month
),

final as (
    select
        target_id,
        team_id,
        month,
        cast(amount_usd as decimal(18, 2)) as target_amount_usd,
        revenue_per_billable_month_usd,
        needed_billable_patients,
        needed_active_patients,
        needed_referrals,
        capacity_active_high as capacity_active_patients,
        feasibility,
        cast(expected_usd as decimal(18, 2)) as actual_expected_usd,
        cast(paid_usd as decimal(18, 2)) as actual_paid_usd,
        {{ usd('projected_usd') }} as projected_usd,
        {{ usd('amount_usd - ' ~ usd('projected_usd')) }} as gap_usd,
        {{ usd('projected_usd - half_width_usd') }} as projected_low_usd,
        {{ usd('projected_usd + half_width_usd') }} as projected_high_usd,
        cast(submitted_usd as decimal(18, 2)) as actual_submitted_usd,
        {{ usd('pace_usd') }} as pace_usd,
        cast(cost_usd as decimal(18, 2)) as cost_usd,
        cast(expected_usd - cost_usd as decimal(18, 2)) as net_usd,
        {{ ratio('cost_per_month_usd', 'revenue_per_billable_month_usd * billable_rate') }} as break_even_active_patients,
        cast(largest_usd as decimal(18, 2)) as largest_within_range_usd,
        revenue_source,
        revenue_per_bhc_visit_usd,
        needed_bhc_patients_per_day,
        bhc_patients_per_day_high as capacity_bhc_patients_per_day,
        billable_rate,
        conversion_rate,
        months_in_program,
        capacity_active_low as capacity_active_patients_low,
        last_closed_month
    from judged
)

select * from final
