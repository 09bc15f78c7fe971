-- Screens of depression: done, with their finding, or not done, with the reason.
with screen_code as (
    {{ codes_of(['Adult Depression Screening', 'Adolescent Depression Screening']) }}
),

assessment as (
    {{ latest_version('int_assessment_accepted', ['assessment_id']) }}
),

instrument as (
    select * from {{ ref('assessment_instrument') }}
),

told as (
    select
        screen_code.value_set,
        assessment.assessment_id as screen_id,
        assessment.patient_id,
        assessment.taken_at as screened_at,
        assessment.taken_on as screened_on,
        assessment.status,
        assessment.score,
        coalesce(
            assessment.screen_result,
            case
                when assessment.score >= instrument.positive_at_least then 'positive'
                when assessment.score < instrument.positive_at_least then 'negative'
            end
        ) as screen_result,
        assessment.not_done_reason,
        assessment.score is not null or assessment.screen_result is not null as has_value
    from assessment
    inner join screen_code
        on assessment.instrument = screen_code.code
        and screen_code.code_system = 'instrument'
    left join instrument
        on assessment.instrument = instrument.instrument
        and {{ in_period('assessment.taken_on', 'instrument.valid_from', 'instrument.valid_to') }}
    union all
    select
        screen_code.value_set,
        observation.observation_id as screen_id,
        observation.patient_id,
        observation.observed_at as screened_at,
        observation.observed_on as screened_on,
        observation.status,
        cast(null as integer) as score,
        cast(null as {{ dbt.type_string() }}) as screen_result,
        cast(null as {{ dbt.type_string() }}) as not_done_reason,
        observation.value_code is not null or observation.value_number is not null as has_value
    from {{ ref('int_observation_latest') }} as observation
    inner join screen_code
        on observation.code_system = screen_code.code_system
        and observation.code = screen_code.code
),

judged as (
    select
        told.*,
        case told.value_set when 'Adult Depression Screening' then 'adult' else 'adolescent' end as screen_kind,
        coalesce(told.status in ('final', 'corrected') and told.has_value, false) as is_done
    from told
),

final as (
    select
        screen_kind,
        screen_id,
        patient_id,
        screened_at,
        screened_on,
        score,
        is_done,
        case when is_done then screen_result end as screen_result,
        case
            when not is_done and coalesce(status, '') <> 'entered-in-error' and not_done_reason in ('refused', 'medical')
                then not_done_reason
        end as not_done_reason
    from judged
)

select * from final
