-- Whom remission at 12 months looks at: the first score above the cut at a visit with active depression in the intake.
with period as (
    select
        period.period_start_on,
        {{ add_months('period.period_start_on', '-' ~ threshold_days('remission_intake_months_before')) }} as intake_from,
        {{ add_months('period.period_start_on', '-' ~ threshold_days('remission_intake_until_months_before')) }}
            as intake_until
    from ({{ measurement_periods() }}) as period
),

tool as (
    {{ codes_of(['PHQ 9 and PHQ 9M Tools']) }}
),

high_score as (
    select assessment.*
    from {{ ref('int_assessment_valid') }} as assessment
    inner join tool
        on assessment.instrument = tool.code
        and tool.code_system = 'instrument'
    where
        assessment.score > {{ threshold('index_score_above') }}
        and assessment.taken_on <= {{ as_of_date() }}
),

visit as (
    select
        patient_id,
        started_on,
        ended_on,
        {{ add_days('started_on', '-' ~ threshold_days('remission_index_days_before_visit')) }} as index_from
    from {{ ref('int_measure_visit') }}
    where
        value_set = 'Contact or Office Visit'
        and status = 'finished'
),

depression as (
    select * from {{ ref('int_measure_condition') }}
    where
        value_set in ('Major Depression Including Remission', 'Dysthymia')
        and is_confirmed_active
),

at_visit as (
    select
        period.period_start_on,
        period.intake_from,
        high_score.patient_id,
        high_score.taken_on,
        high_score.score,
        row_number() over (
            partition by period.period_start_on, high_score.patient_id
            order by high_score.taken_at asc, high_score.assessment_id asc
        ) as score_rank
    from high_score
    inner join visit
        on high_score.patient_id = visit.patient_id
        and high_score.taken_on <= visit.ended_on
        and high_score.taken_on >= visit.index_from
    inner join depression
        on visit.patient_id = depression.patient_id
        and visit.ended_on >= depression.prevails_from
        and visit.started_on <= depression.prevails_until
    inner join period
        on visit.ended_on >= period.intake_from
        and visit.ended_on < period.intake_until
),

opened as (
    select
        period_start_on,
        patient_id,
        intake_from,
        taken_on as index_on,
        score as index_score,
        {{ add_months('taken_on', threshold_days('remission_followup_months')) }} as year_after_on
    from at_visit
    where score_rank = 1
),

patient as (
    select * from {{ ref('int_patient_latest') }}
),

final as (
    select
        opened.period_start_on,
        opened.patient_id,
        opened.index_on,
        opened.index_score,
        opened.intake_from as searched_from,
        {{ add_days('opened.year_after_on', '-' ~ threshold_days('remission_followup_days')) }} as decided_from,
        {{ add_days('opened.year_after_on', threshold_days('remission_followup_days')) }} as decided_until
    from opened
    inner join patient
        on opened.patient_id = patient.patient_id
    where {{ age_in_years('patient.birth_date', 'opened.index_on') }} >= {{ threshold('measure_min_age_years') }}
)

select * from final
