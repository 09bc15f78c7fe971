-- What each enrolled episode shows in a reporting month.
with enrolled as (
    select * from {{ ref('int_state_report_enrolled_month') }}
),

enrolment as (
    select * from {{ ref('int_state_report_enrolment') }}
),

contact as (
    select * from {{ ref('int_treatment_contact') }}
),

score as (
    select * from {{ ref('int_state_report_score') }}
),

scale as (
    select * from {{ ref('state_report_instrument') }}
),

progress as (
    select * from {{ ref('int_state_report_progress') }}
),

case_review as (
    select * from {{ ref('int_case_review_latest') }}
    where recommendation is not null
),

contacted as (
    select distinct
        enrolled.state,
        enrolled.month,
        enrolled.episode_id
    from enrolled
    inner join contact
        on enrolled.episode_id = contact.episode_id
        and enrolled.month = {{ month_of('contact.contact_on') }}
        and enrolled.through_on >= contact.contact_on
),

scored as (
    select
        score.state,
        score.setting_from,
        score.taken_month as month,
        score.episode_id,
        max(case when scale.is_symptom_scale then 1 else 0 end) as has_symptom_scale,
        max(case
            when
                score.is_primary_scale
                and (score.next_taken_on is null or {{ month_of('score.next_taken_on') }} > score.taken_month)
                and score.score < scale.remission_below
                then 1
            else 0
        end) as is_in_remission
    from score
    inner join scale
        on score.state = scale.state
        and score.counts_as = scale.instrument
        and {{ in_period('score.taken_month', 'scale.valid_from', 'scale.valid_to') }}
    group by score.state, score.setting_from, score.taken_month, score.episode_id
),

review as (
    select distinct
        enrolment.episode_id,
        {{ local_date('case_review.reviewed_at', 'day_offset') }} as reviewed_on
    from enrolment
    inner join case_review
        on enrolment.patient_id = case_review.patient_id
    {{ join_offset_at('day_offset', 'coalesce(enrolment.time_zone, case_review.time_zone)', 'case_review.reviewed_at') }}
),

reviewed as (
    select distinct
        enrolled.state,
        enrolled.month,
        enrolled.episode_id
    from enrolled
    inner join review
        on enrolled.episode_id = review.episode_id
        and enrolled.review_from <= review.reviewed_on
        and enrolled.month_end_on >= review.reviewed_on
),

final as (
    select
        enrolled.state,
        enrolled.month,
        enrolled.episode_id,
        enrolled.patient_id,
        enrolled.team_id,
        enrolled.is_covered,
        enrolled.started_on >= enrolled.month as is_newly_enrolled,
        enrolled.effective_end_on <= enrolled.month_end_on as has_ended,
        {{ days_between('enrolled.treated_from', 'enrolled.effective_end_on') }} as treated_days,
        contacted.episode_id is not null and coalesce(scored.has_symptom_scale = 1, false) as has_contact_and_scale,
        coalesce(scored.is_in_remission = 1, false) as is_in_remission,
        coalesce(progress.is_elevated, false)
        and {{ days_between('enrolled.started_on', 'enrolled.through_on') }} >= enrolled.improved_min_days
            as is_due_for_improvement,
        coalesce(progress.is_improved, false) as is_improved,
        reviewed.episode_id is not null as is_reviewed
    from enrolled
    left join contacted
        on enrolled.state = contacted.state
        and enrolled.month = contacted.month
        and enrolled.episode_id = contacted.episode_id
    left join scored
        on enrolled.state = scored.state
        and enrolled.setting_from = scored.setting_from
        and enrolled.month = scored.month
        and enrolled.episode_id = scored.episode_id
    left join progress
        on enrolled.state = progress.state
        and enrolled.month = progress.month
        and enrolled.episode_id = progress.episode_id
    left join reviewed
        on enrolled.state = reviewed.state
        and enrolled.month = reviewed.month
        and enrolled.episode_id = reviewed.episode_id
)

select * from final
