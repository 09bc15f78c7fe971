-- The steps are those of orchestration/publishing/bridge.py, which walks an amount that is only thought of.
-- Each target walked back: billable and active patients, referrals, patients a day, and whether today's staff can carry them.
with target as (
    select
        finance_target.*,
        case when finance_target.team_id is null then 'organization' else 'team' end as entity_type,
        coalesce(finance_target.team_id, 'organization') as entity_id,
        1 + {{ months_between(month_of('finance_target.period_start_on'), month_of('finance_target.period_end_on')) }} as months
    from {{ ref('int_finance_target_latest') }} as finance_target
    where finance_target.period_end_on >= finance_target.period_start_on
),

basis as (
    select * from {{ ref('int_finance_basis') }}
),

split as (
    select
        target.target_id,
        target.team_id,
        target.entity_type,
        target.entity_id,
        target.period_start_on,
        target.period_end_on,
        target.amount_usd,
        target.months,
        basis.last_closed_month,
        basis.revenue_source,
        basis.revenue_per_billable_month_usd,
        basis.billable_rate,
        basis.conversion_rate,
        basis.months_in_program,
        basis.revenue_per_bhc_visit_usd,
        basis.bhc_clinic_days,
        basis.cost_per_month_usd,
        basis.care_manager_fte,
        basis.capacity_active_low,
        basis.capacity_active_high,
        basis.bhc_patients_per_day_low,
        basis.bhc_patients_per_day_high,
        cast(target.amount_usd as double) * (1 - basis.bhc_share) / target.months as cocm_usd_per_month,
        cast(target.amount_usd as double) * basis.bhc_share / target.months as bhc_usd_per_month
    from target
    left join basis
        on target.entity_type = basis.entity_type
        and target.entity_id = basis.entity_id
),

billed as (
    select
        split.*,
        {{ ratio('split.cocm_usd_per_month', 'split.revenue_per_billable_month_usd') }} as needed_billable_patients,
        case
            when split.bhc_usd_per_month = 0 then 0
            else {{ ratio(ratio('split.bhc_usd_per_month', 'split.revenue_per_bhc_visit_usd'), 'split.bhc_clinic_days') }}
        end as needed_bhc_patients_per_day
    from split
),

needed as (
    select
        billed.*,
        {{ ratio('billed.needed_billable_patients', 'billed.billable_rate') }} as needed_active_patients
    from billed
),

judged as (
    select
        needed.*,
        {{ ratio(ratio('needed.needed_active_patients', 'needed.conversion_rate'), 'needed.months_in_program') }} as needed_referrals,
        {{ feasibility_rank('needed.needed_active_patients', 'needed.capacity_active_low', 'needed.capacity_active_high') }} as cocm_rank,
        case
            when needed.bhc_usd_per_month = 0 then 1
            else {{ feasibility_rank('needed.needed_bhc_patients_per_day', 'needed.bhc_patients_per_day_low', 'needed.bhc_patients_per_day_high') }}
        end as bhc_rank,
        {{ ratio('needed.capacity_active_high', 'needed.needed_active_patients') }} as cocm_room,
        case
            when needed.needed_bhc_patients_per_day > 0 then {{ ratio('needed.bhc_patients_per_day_high', 'needed.needed_bhc_patients_per_day') }}
        end as bhc_room
    from needed
),

final as (
    select
        judged.*,
        case
            when judged.cocm_rank = 3 or judged.bhc_rank = 3 then 'beyond'
            when judged.cocm_rank is null or judged.bhc_rank is null then null
            when judged.cocm_rank = 2 or judged.bhc_rank = 2 then 'stretch'
            else 'within'
        end as feasibility,
        case
            when judged.cocm_rank is null or judged.bhc_rank is null then null
            -- Rounded before it is cut: 30000 must not become 29999 because a quotient has no exact double.
            else floor(round(cast(judged.amount_usd as double) * case
                when judged.cocm_room is null or judged.bhc_room < judged.cocm_room then judged.bhc_room
                else judged.cocm_room
            end, 4))
        end as largest_usd
    from judged
)

select * from final
