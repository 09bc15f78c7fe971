-- The scores of an episode that a state reads: from its start to its effective end, numbered by time on each scale.
with assessment as (
    select * from {{ ref('int_assessment_valid') }}
),

enrolment as (
    select * from {{ ref('int_state_report_enrolment') }}
),

instrument as (
    select * from {{ ref('assessment_instrument') }}
),

scale as (
    select * from {{ ref('state_report_instrument') }}
),

dated as (
    select
        enrolment.state,
        enrolment.setting_from,
        enrolment.episode_id,
        enrolment.primary_instrument,
        enrolment.started_on,
        enrolment.effective_end_on,
        assessment.assessment_id,
        assessment.counts_as,
        assessment.score,
        assessment.taken_at,
        {{ local_date('assessment.taken_at', 'day_offset') }} as taken_on
    from assessment
    inner join enrolment
        on assessment.patient_id = enrolment.patient_id
    {{ join_offset_at('day_offset', 'coalesce(enrolment.time_zone, assessment.time_zone)', 'assessment.taken_at') }}
),

own as (
    select * from dated
    where
        taken_on >= started_on
        and taken_on <= effective_end_on
        and taken_on <= {{ as_of_date() }}
),

scaled as (
    select
        own.*,
        coalesce(instrument.counts_as, own.primary_instrument) as stated_scale,
        row_number() over (
            partition by own.state, own.setting_from, own.episode_id
            order by
                -- A mere screen, which the state lists as no symptom scale, is no scale that a treatment is measured by.
                case when scale.is_symptom_scale then 1 when scale.state is null then 1 else 2 end asc,
                own.taken_on asc,
                own.taken_at asc,
                own.assessment_id asc
        ) as scale_rank,
        scale.state is not null and not scale.is_symptom_scale as is_mere_screen
    from own
    left join instrument
        on own.primary_instrument = instrument.instrument
        and {{ in_period('own.started_on', 'instrument.valid_from', 'instrument.valid_to') }}
    left join scale
        on own.state = scale.state
        and own.counts_as = scale.instrument
        and {{ in_period('own.started_on', 'scale.valid_from', 'scale.valid_to') }}
),

first_scale as (
    select
        state,
        setting_from,
        episode_id,
        counts_as
    from scaled
    where
        scale_rank = 1
        and not is_mere_screen
),

final as (
    select
        scaled.state,
        scaled.setting_from,
        scaled.episode_id,
        scaled.assessment_id,
        scaled.counts_as,
        scaled.score,
        scaled.taken_on,
        {{ month_of('scaled.taken_on') }} as taken_month,
        coalesce(scaled.counts_as = coalesce(scaled.stated_scale, first_scale.counts_as), false) as is_primary_scale,
        row_number() over (
            partition by scaled.state, scaled.setting_from, scaled.episode_id, scaled.counts_as
            order by scaled.taken_on asc, scaled.taken_at asc, scaled.assessment_id asc
        ) as score_number,
        lead(scaled.taken_on) over (
            partition by scaled.state, scaled.setting_from, scaled.episode_id, scaled.counts_as
            order by scaled.taken_on asc, scaled.taken_at asc, scaled.assessment_id asc
        ) as next_taken_on
    from scaled
    left join first_scale
        on scaled.state = first_scale.state
        and scaled.setting_from = first_scale.setting_from
        and scaled.episode_id = first_scale.episode_id
)

select * from final
