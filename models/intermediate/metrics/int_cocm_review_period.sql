-- The case reviews of the active patients of a period: those in it, and those of the days before its end.
with active as (
    select * from {{ ref('int_cocm_active') }}
),

review as (
    select * from {{ ref('int_cocm_review') }}
),

placed as (
    select
        active.patient_id,
        active.period_type,
        active.period_start_on,
        active.period_end_on,
        {{ add_days('active.period_end_on', '1 - ' ~ threshold_days('not_improved_action_days')) }} as action_from,
        review.reviewed_on,
        review.changed_on
    from active
    inner join review
        on active.episode_id = review.episode_id
        and (
            review.reviewed_on <= active.period_end_on
            or review.changed_on <= active.period_end_on
        )
),

final as (
    select
        patient_id,
        period_type,
        period_start_on,
        cast(sum(
            case when reviewed_on >= period_start_on and reviewed_on <= period_end_on then 1 else 0 end
        ) as integer) as case_reviews,
        max(case when reviewed_on <= period_end_on then reviewed_on end) as last_reviewed_on,
        max(case
            when reviewed_on >= action_from and reviewed_on <= period_end_on then 1 else 0
        end) as is_reviewed,
        max(case
            when changed_on >= action_from and changed_on <= period_end_on then 1 else 0
        end) as is_changed
    from placed
    group by patient_id, period_type, period_start_on
)

select * from final
