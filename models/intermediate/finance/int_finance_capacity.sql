-- What the people staffed today can carry by guideline: active patients of the care managers, patients a day of a consultant.
with post as (
    select * from {{ ref('int_staffing_period') }}
    where
        role = 'care_manager'
        and valid_from <= {{ as_of_date() }}
        and valid_until > {{ as_of_date() }}
),

team as (
    select * from {{ ref('int_team_zoned') }}
),

guideline as (
    select * from {{ ref('caseload_guideline') }}
    where {{ in_period(as_of_date(), 'valid_from', 'valid_to') }}
),

staff as (
    select
        post.team_id as entity_id,
        post.fte,
        post.fte * coalesce(of_tier.low_per_fte, overall.low_per_fte) as guideline_low,
        post.fte * coalesce(of_tier.high_per_fte, overall.high_per_fte) as guideline_high
    from post
    left join team
        on post.team_id = team.team_id
    left join guideline as of_tier
        on post.role = of_tier.role
        and team.complexity_tier = of_tier.complexity_tier
    left join guideline as overall
        on post.role = overall.role
        and overall.complexity_tier = 'overall'
),

bhc as (
    select
        max(low_per_fte) as low_per_fte,
        max(high_per_fte) as high_per_fte
    from guideline
    where
        role = 'bhc'
        and complexity_tier = 'overall'
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
