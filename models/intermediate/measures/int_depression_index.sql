-- Whom the measures of 120 to 240 days look at: the first score above the cut in the intake near a visit with depression.
with period as (
    select
        period.period_start_on,
        {{ add_months('period.period_start_on', '-' ~ threshold_days('depression_intake_months_before')) }} as intake_from,
        {{ add_months('period.period_start_on', threshold_days('depression_intake_months_into')) }} as intake_until
    from ({{ measurement_periods() }}) as period
),

tool as (
    {{ codes_of(['PHQ 9 and PHQ 9M Tools']) }}
),

high_score as (
    select
        period.period_start_on,
        period.intake_from,
        assessment.patient_id,
        assessment.assessment_id,
        assessment.taken_at,
        assessment.taken_on,
        assessment.score
    from {{ ref('int_assessment_valid') }} as assessment
    inner join tool
        on assessment.instrument = tool.code
        and tool.code_system = 'instrument'
    inner join period
        on assessment.taken_on >= period.intake_from
        and assessment.taken_on < period.intake_until
    where
        assessment.score > {{ threshold('index_score_above') }}
        and assessment.taken_on <= {{ as_of_date() }}
),

depression as (
    select * from {{ ref('int_measure_condition') }}
    where
        value_set in ('Major Depression Including Remission', 'Dysthymia')
        and is_taken_as_active
),

scored as (
    select distinct patient_id from high_score
),

visit as (
    select
        encounter.patient_id,
        encounter.started_on,
        coalesce({{ local_date('encounter.ended_at', 'end_offset') }}, encounter.started_on) as ended_on
    from {{ ref('int_encounter_latest') }} as encounter
    inner join scored
        on encounter.patient_id = scored.patient_id
    {{ join_offset_at('end_offset', 'encounter.time_zone', 'encounter.ended_at') }}
    where encounter.status = 'finished'
),

depression_visit as (
    select distinct
        visit.patient_id,
        {{ add_days('visit.started_on', '-' ~ threshold_days('depression_index_days_of_visit')) }} as index_from,
        {{ add_days('visit.ended_on', threshold_days('depression_index_days_of_visit')) }} as index_until
    from visit
    inner join depression
        on visit.patient_id = depression.patient_id
        and visit.ended_on >= depression.prevails_from
        and visit.started_on <= depression.prevails_until
),

ranked as (
    select
        high_score.*,
        row_number() over (
            partition by high_score.period_start_on, high_score.patient_id
            order by high_score.taken_at asc, high_score.assessment_id asc
        ) as score_rank
    from high_score
    inner join depression_visit
        on high_score.patient_id = depression_visit.patient_id
        and high_score.taken_on >= depression_visit.index_from
        and high_score.taken_on <= depression_visit.index_until
),

patient as (
    select * from {{ ref('int_patient_latest') }}
),

final as (
    select
        ranked.period_start_on,
        ranked.patient_id,
        ranked.taken_on as index_on,
        ranked.score as index_score,
        ranked.intake_from as searched_from,
        {{ add_days('ranked.taken_on', threshold_days('depression_followup_from_days')) }} as decided_from,
        {{ add_days('ranked.taken_on', threshold_days('depression_followup_until_days')) }} as decided_until
    from ranked
    inner join patient
        on ranked.patient_id = patient.patient_id
    where
        ranked.score_rank = 1
        and {{ age_in_years('patient.birth_date', 'ranked.taken_on') }} >= {{ threshold('measure_min_age_years') }}
)

select * from final
