-- What the people staffed today can carry by guideline: active patients of the care managers, patients a day of a consultant.
with staff as (
    select * from {{ ref('int_staff_fte') }}
    where
        entity_type = 'team'
        and role = 'care_manager'
        and period_type = 'month'
        and period_start_on = {{ month_of(as_of_date()) }}
),

bhc as (
    select
        max(low_per_fte) as low_per_fte,
        max(high_per_fte) as high_per_fte
    from {{ ref('caseload_guideline') }}
    where
        role = 'bhc'
        and complexity_tier = 'overall'
        and {{ in_period(as_of_date(), 'valid_from', 'valid_to') }}
),

carried as (
    select
        'team' as entity_type,
        entity_id,
        fte,
        guideline_low,
        guideline_high
    from staff
    union all
    select
        'organization' as entity_type,
        'organization' as entity_id,
        fte,
        guideline_low,
        guideline_high
    from staff
),

final as (
    select
        carried.entity_type,
        carried.entity_id,
        case when count(carried.fte) = count(*) then cast(sum(cast(carried.fte as decimal(18, 6))) as double) end as care_manager_fte,
        case
            when count(carried.guideline_low) = count(*)
                then cast(sum(cast(carried.guideline_low as decimal(18, 6))) as double)
        end as capacity_active_low,
        case
            when count(carried.guideline_high) = count(*)
                then cast(sum(cast(carried.guideline_high as decimal(18, 6))) as double)
        end as capacity_active_high,
        cast(max(bhc.low_per_fte) as double) as bhc_patients_per_day_low,
        cast(max(bhc.high_per_fte) as double) as bhc_patients_per_day_high
    from carried
    cross join bhc
    group by carried.entity_type, carried.entity_id
)

select * from final
