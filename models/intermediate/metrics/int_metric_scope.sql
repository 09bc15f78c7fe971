-- Of whom a metric speaks in a period of month or longer, whether anything happened or not.
with definition as (
    select * from {{ ref('metric_definition') }}
),

period as (
    select * from {{ ref('int_period') }}
    where period_type not in ('day', 'week')
),

team as (
    select * from {{ ref('int_team_zoned') }}
),

staff as (
    select distinct
        practitioner_id,
        role,
        period_type,
        period_start_on
    from {{ ref('int_staff_period') }}
),

place as (
    select
        'organization' as entity_type,
        'organization' as entity_id
    from {{ ref('stg_reference__run_context') }}
    union all
    select
        'team' as entity_type,
        team_id as entity_id
    from team
    union all
    select distinct
        'site' as entity_type,
        site_id as entity_id
    from team
    where site_id is not null
),

present as (
    select
        place.entity_type,
        place.entity_id,
        period.period_type,
        period.period_start_on,
        period.period_end_on,
        '' as role
    from place
    cross join period
    union all
    select
        'practitioner' as entity_type,
        staff.practitioner_id as entity_id,
        period.period_type,
        period.period_start_on,
        period.period_end_on,
        staff.role
    from staff
    inner join period
        on staff.period_type = period.period_type
        and staff.period_start_on = period.period_start_on
),

final as (
    select
        definition.metric_id,
        present.entity_type,
        present.entity_id,
        present.period_type,
        present.period_start_on
    from definition
    inner join present
        on {{ list_has('definition.entity_types', 'present.entity_type') }}
        and {{ list_has('definition.period_types', 'present.period_type') }}
        and present.role in ('', definition.practitioner_role)
        and {{ in_period('present.period_end_on', 'definition.valid_from', 'definition.valid_to') }}
)

select * from final
