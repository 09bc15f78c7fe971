-- Patients with a warm handoff at a site, and how many of them a BHC of another site took by video or phone.
with visit as (
    select * from {{ ref('int_bhc_visit') }}
),

period_day as (
    select * from {{ ref('int_period_day') }}
    where period_type in {{ panel_period_types() }}
),

in_person as (
    select
        practitioner_id,
        visit_on,
        site_id,
        count(*) as visits
    from visit
    where
        modality = 'in_person'
        and site_id is not null
    group by practitioner_id, visit_on, site_id
),

ranked as (
    select
        in_person.*,
        max(in_person.visits) over (partition by in_person.practitioner_id, in_person.visit_on) as most_visits
    from in_person
),

own_site as (
    select
        practitioner_id,
        visit_on,
        min(site_id) as site_id
    from ranked
    where visits = most_visits
    group by practitioner_id, visit_on
    having count(*) = 1
),

placed as (
    select
        'site' as entity_type,
        visit.site_id as entity_id,
        period_day.period_type,
        period_day.period_start_on,
        visit.patient_id,
        visit.visit_on,
        case
            when visit.modality in ('video', 'phone') and coalesce(own_site.site_id, visit.home_site_id) <> visit.site_id then 1
            else 0
        end as is_cross_site
    from visit
    inner join period_day
        on visit.visit_on = period_day.day_on
    left join own_site
        on visit.practitioner_id = own_site.practitioner_id
        and visit.visit_on = own_site.visit_on
    where
        visit.visit_type = 'warm_handoff'
        and visit.site_id is not null
),

counted as (
    select
        entity_type,
        entity_id,
        period_type,
        period_start_on,
        patient_id,
        count(*) as warm_handoffs,
        sum(is_cross_site) as cross_site_handoffs,
        max(visit_on) as last_handoff_on
    from placed
    group by entity_type, entity_id, period_type, period_start_on, patient_id
),

final as (
    select
        {{ metric_member('pcbh_cross_site_warm_handoff_share', 'cross_site_handoffs', 'warm_handoffs', 'last_handoff_on',
            'warm_handoffs') }}
    from counted
)

select * from final
