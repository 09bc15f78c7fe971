-- Last screens that were positive and followed by a step from the visit to the days after it, within the period.
with positive as (
    select * from {{ ref('int_screening_latest') }}
    where screen_result = 'positive'
),

final as (
    select
        positive.period_start_on,
        positive.patient_id,
        positive.screen_kind,
        min(step.followed_on) as followed_on
    from positive
    inner join {{ ref('int_screening_visit') }} as visit
        on positive.period_start_on = visit.period_start_on
        and positive.patient_id = visit.patient_id
        and positive.screened_on >= visit.screened_from
        and positive.screened_on <= visit.started_on
    inner join {{ ref('int_screening_step') }} as step
        on positive.patient_id = step.patient_id
        and positive.screen_kind = step.screen_kind
        and step.followed_on >= visit.started_on
        and step.followed_on <= visit.followed_until
        and step.followed_on <= visit.period_end_on
    where coalesce(step.performed_at, visit.started_at) >= visit.started_at
    group by positive.period_start_on, positive.patient_id, positive.screen_kind
)

select * from final
