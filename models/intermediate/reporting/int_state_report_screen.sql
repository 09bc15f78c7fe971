-- What screening shows in a reporting month: patients who were seen, screened or not, and first scores, positive or not.
with month as (
    select * from {{ ref('int_state_report_month') }}
),

seen as (
    select * from {{ ref('int_state_report_visit') }}
),

assessment as (
    select * from {{ ref('int_assessment_valid') }}
    where taken_on <= {{ as_of_date() }}
),

scale as (
    select * from {{ ref('state_report_instrument') }}
    where
        is_depression_screen
        or is_initial_screen
),

score as (
    select
        scale.state,
        scale.valid_from as scale_from,
        scale.valid_to as scale_to,
        scale.is_depression_screen,
        scale.is_initial_screen,
        assessment.patient_id,
        assessment.assessment_id,
        assessment.encounter_id,
        assessment.score,
        assessment.taken_on,
        assessment.taken_at
    from assessment
    inner join scale
        on assessment.counts_as = scale.instrument
),

screened as (
    select distinct
        seen.state,
        seen.month,
        seen.patient_id
    from seen
    inner join month
        on seen.state = month.state
        and seen.month = month.month
    inner join score
        on seen.state = score.state
        and seen.patient_id = score.patient_id
        and month.screen_from <= score.taken_on
        and month.month_end_on >= score.taken_on
        and {{ in_period('month.month', 'score.scale_from', 'score.scale_to') }}
    where score.is_depression_screen
),

followed as (
    select
        score.state,
        score.patient_id,
        score.encounter_id,
        score.score,
        score.taken_on,
        {{ month_of('score.taken_on') }} as taken_month,
        lag(score.taken_on) over (
            partition by score.state, score.patient_id
            order by score.taken_on, score.taken_at, score.assessment_id
        ) as previous_on
    from score
    where
        score.is_initial_screen
        and {{ in_period(month_of('score.taken_on'), 'score.scale_from', 'score.scale_to') }}
),

first_of_month as (
    select
        month.state,
        month.month,
        followed.patient_id,
        encounter.team_id,
        followed.score >= month.screen_positive_at_least as is_positive
    from followed
    inner join month
        on followed.state = month.state
        and followed.taken_month = month.month
    left join {{ ref('int_encounter_latest') }} as encounter
        on followed.encounter_id = encounter.encounter_id
    where
        followed.previous_on is null
        or (
            followed.previous_on < followed.taken_month
            and followed.previous_on < {{ add_days('followed.taken_on', '-month.initial_screen_days') }}
        )
),

member as (
    select
        'screened' as measure,
        seen.state,
        seen.month,
        seen.patient_id,
        seen.team_id,
        screened.patient_id is not null as is_in_numerator
    from seen
    left join screened
        on seen.state = screened.state
        and seen.month = screened.month
        and seen.patient_id = screened.patient_id
    union all
    select
        'screen_yield' as measure,
        state,
        month,
        patient_id,
        team_id,
        is_positive as is_in_numerator
    from first_of_month
),

final as (
    select
        member.measure,
        member.state,
        member.month,
        member.patient_id,
        coalesce(panel_period.team_id, member.team_id) as team_id,
        member.is_in_numerator
    from member
    inner join month
        on member.state = month.state
        and member.month = month.month
    left join {{ ref('int_panel_period') }} as panel_period
        on member.patient_id = panel_period.patient_id
        and month.month_end_on >= panel_period.valid_from
        and month.month_end_on < panel_period.valid_until
)

select * from final
