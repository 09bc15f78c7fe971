-- Answered surveys of patients and providers, as they are known now.
with survey as (
    {{ latest_version('stg_feed__survey', ['survey_id']) }}
),

final as (
    select
        survey_id,
        respondent_type,
        team_id,
        domain,
        score,
        score_max,
        taken_on,
        {{ month_of('taken_on') }} as taken_month
    from survey
)

select * from final
