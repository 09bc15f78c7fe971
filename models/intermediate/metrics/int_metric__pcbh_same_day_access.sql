-- Patients with a behavioral health referral in a period, and how many of them a BHC saw on the day that it was written.
with referral as (
    select * from {{ ref('int_referral_latest') }}
    where
        service_line = 'behavioral_health'
        and status <> 'draft'
),

panel_period as (
    select * from {{ ref('int_panel_period') }}
),

visit_day as (
    select distinct
        patient_id,
        visit_on
    from {{ ref('int_bhc_visit') }}
),

period_day as (
    select * from {{ ref('int_period_day') }}
    where period_type in {{ panel_period_types() }}
),

placed as (
    select
        'team' as entity_type,
        coalesce(referral.team_id, panel_period.team_id) as entity_id,
        period_day.period_type,
        period_day.period_start_on,
        referral.patient_id,
        referral.authored_on,
        case when visit_day.patient_id is null then 0 else 1 end as is_seen
    from referral
    inner join period_day
        on referral.authored_on = period_day.day_on
    left join visit_day
        on referral.patient_id = visit_day.patient_id
        and referral.authored_on = visit_day.visit_on
    left join panel_period
        on referral.patient_id = panel_period.patient_id
        and referral.authored_on >= panel_period.valid_from
        and referral.authored_on < panel_period.valid_until
),

counted as (
    select
        entity_type,
        entity_id,
        period_type,
        period_start_on,
        patient_id,
        count(*) as referrals,
        sum(is_seen) as seen_referrals,
        max(authored_on) as last_referral_on
    from placed
    where entity_id is not null
    group by entity_type, entity_id, period_type, period_start_on, patient_id
),

final as (
    select
        {{ metric_member('pcbh_same_day_access', 'seen_referrals', 'referrals', 'last_referral_on', 'referrals') }}
    from counted
)

select * from final
