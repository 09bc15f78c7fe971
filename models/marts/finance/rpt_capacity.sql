with staff as (
    select * from {{ ref('int_staff_fte') }}
    where
        entity_type = 'practitioner'
        and period_type = 'month'
        and role in ('care_manager', 'bhc')
),

month as (
    select * from {{ ref('int_period') }}
    where period_type = 'month'
),

guideline as (
    select * from {{ ref('caseload_guideline') }}
    where
        role = 'bhc'
        and complexity_tier = 'overall'
),

caseload as (
    select
        care_manager_id as practitioner_id,
        'care_manager' as role,
        period_start_on as month,
        cast(count(distinct patient_id) as double) as actual
    from {{ ref('int_cocm_active') }}
    where
        period_type = 'month'
        and care_manager_id is not null
    group by care_manager_id, period_start_on
),

clinic_day as (
    select
        practitioner_id,
        visit_on,
        {{ month_of('visit_on') }} as month,
        count(distinct patient_id) as patients
    from {{ ref('int_bhc_visit') }}
    group by practitioner_id, visit_on
),

done as (
    select
        practitioner_id,
        role,
        month,
        actual
    from caseload
    union all
    select
        practitioner_id,
        'bhc' as role,
        month,
        cast(sum(patients) as double) / count(*) as actual
    from clinic_day
    group by practitioner_id, month
),

guided as (
    select
        staff.entity_id as practitioner_id,
        staff.role,
        staff.period_start_on as month,
        staff.fte,
        -- A consultant's guideline is of a clinic day, however many of them there are; a care manager's is of a post.
        case staff.role when 'bhc' then cast(guideline.low_per_fte as double) else staff.guideline_low end as guideline_low,
        case staff.role when 'bhc' then cast(guideline.high_per_fte as double) else staff.guideline_high end as guideline_high,
        case staff.role when 'care_manager' then coalesce(done.actual, 0) else done.actual end as actual
    from staff
    inner join month
        on staff.period_start_on = month.period_start_on
    left join guideline
        on staff.role = guideline.role
        and {{ in_period('month.period_end_on', 'guideline.valid_from', 'guideline.valid_to') }}
    left join done
        on staff.entity_id = done.practitioner_id
        and staff.role = done.role
        and staff.period_start_on = done.month
),

final as (
    select
        practitioner_id,
        role,
        month,
        cast(fte as double) as fte,
        cast(guideline_low as double) as guideline_low,
        cast(guideline_high as double) as guideline_high,
        actual,
        case
            when actual is null or guideline_low is null or guideline_high is null then 'none'
            when actual < guideline_low then 'below'
            when actual > guideline_high then 'above'
            else 'within'
        end as status
    from guided
)

select * from final
