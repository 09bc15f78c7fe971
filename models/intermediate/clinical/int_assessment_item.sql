-- Answers to the items of a form that were sent as findings of their own, with their points; and the findings that name
-- the form as a whole. Those of one patient that stand close together in time are one form.
with finding as (
    select * from {{ ref('int_observation_latest') }}
    where status in ('final', 'amended', 'corrected')
),

-- A form that made no total is an observation of its item 9, until a later version of it has one.
without_total as (
    select
        observation_id,
        left(observation_id, length(observation_id) - length('#44260-8')) as form_id
    from finding
    where observation_id like '%#44260-8'
),

superseded as (
    select distinct without_total.observation_id
    from without_total
    inner join {{ ref('stg_feed__assessment') }} as assessment
        on without_total.form_id = assessment.assessment_id
),

form_code as (
    select * from {{ ref('int_form_code') }}
),

points_of_answer as (
    select
        case when system = 'none' then '' else system end || '|' || code as value_code,
        cast(value as decimal(18, 6)) as points
    from {{ ref('code_map') }}
    where
        feed = 'assessment'
        and "column" = 'item_score'
        and system <> 'text'
        and {{ in_period(as_of_date(), 'valid_from', 'valid_to') }}
),

answered as (
    select
        finding.*,
        form_code.instrument,
        form_code.item_id,
        form_code.tells_instrument,
        coalesce(finding.value_number, points_of_answer.points) as points,
        lag(finding.observed_at) over (
            partition by finding.patient_id, form_code.instrument
            order by finding.observed_at asc, finding.observation_id asc
        ) as before_at
    from finding
    inner join form_code
        on finding.code_system = form_code.code_system
        and finding.code = form_code.code
    left join points_of_answer
        on finding.value_code = points_of_answer.value_code
    left join superseded
        on finding.observation_id = superseded.observation_id
    where superseded.observation_id is null
),

final as (
    select
        observation_id,
        patient_id,
        encounter_id,
        instrument,
        item_id,
        tells_instrument,
        points,
        observed_at,
        observed_on,
        time_zone,
        updated_at,
        _delivered_on,
        _source_file,
        _row_number,
        sum(
            case
                when
                    before_at is null
                    or {{ seconds_between('before_at', 'observed_at') }} > 60 * {{ threshold('form_items_minutes') }}
                    then 1
                else 0
            end
        ) over (
            partition by patient_id, instrument
            order by observed_at asc, observation_id asc
            rows between unbounded preceding and current row
        ) as form_number
    from answered
)

select * from final
