-- BHC visits with the days since the patient's visit before, and the band that a return visit falls in.
with visit as (
    select * from {{ ref('int_bhc_visit') }}
),

ordered as (
    select
        visit.*,
        lag(visit.visit_on) over (
            partition by visit.patient_id
            order by visit.visit_on asc, visit.started_at asc, visit.encounter_id asc
        ) as visit_before_on,
        row_number() over (
            partition by visit.practitioner_id, visit.patient_id, visit.visit_on
            order by visit.started_at asc, visit.encounter_id asc
        ) as number_of_day
    from visit
),

spaced as (
    select
        ordered.*,
        {{ days_between('ordered.visit_before_on', 'ordered.visit_on') }} as days_since
    from ordered
),

bound as (
    select
        {{ threshold_days('followup_bucket_1_max_days') }} as first_band_days,
        {{ threshold_days('followup_bucket_2_max_days') }} as second_band_days,
        {{ threshold_days('return_visit_max_days') }} as longest_days
),

final as (
    select
        spaced.encounter_id,
        spaced.patient_id,
        spaced.practitioner_id,
        spaced.team_id,
        spaced.site_id,
        spaced.visit_on,
        spaced.visit_type,
        case when spaced.visit_type = 'warm_handoff' then 1 else 0 end as warm_handoffs,
        case when spaced.number_of_day = 1 then 1 else 0 end as days_seen,
        case when spaced.days_since between 1 and bound.longest_days then spaced.days_since end as gap_days,
        case
            when spaced.days_since between 1 and bound.first_band_days then '1_2_weeks'
            when spaced.days_since between 1 and bound.second_band_days then '3_4_weeks'
            when spaced.days_since between 1 and bound.longest_days then '5_plus_weeks'
        end as followup_band
    from spaced
    cross join bound
)

select * from final
