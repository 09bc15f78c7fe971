-- The flags of each episode in force, as far as its program has them and its patient lives. An N-day flag looks at the N
-- days to as_of_date.
with registry_row as (
    select * from {{ ref('int_registry_row') }}
),

flag_row as (
    select * from {{ ref('registry_flag') }}
    where {{ in_period(as_of_date(), 'valid_from', 'valid_to') }}
),

program_list as (
    select
        {%- for flag in registry_flags() %}
        max(case when flag = '{{ flag }}' then programs end) as {{ flag }}_programs,
        {%- endfor %}
        count(*) as rows_in_force
    from flag_row
),

judged as (
    select
        registry_row.*,
        registry_row.days_in_treatment >= {{ threshold_days('not_improving_days') }}
        and not coalesce(
            registry_row.is_response or registry_row.latest_score < registry_row.improved_below, false
        ) as not_improving
    from registry_row
),

raised as (
    select
        judged.episode_id,
        judged.program,
        judged.deceased_on is null as is_alive,
        judged.not_improving,
        judged.last_case_review_on is null as new_unreviewed,
        coalesce(judged.latest_item9_score > {{ threshold('safety_item_score') }}, false) as safety_item,
        coalesce(
            {{ days_between('judged.last_contact_on', as_of_date()) }} >= {{ threshold_days('no_contact_days') }},
            judged.days_in_treatment >= {{ threshold_days('no_contact_days') }}
        ) as no_contact_28_days,
        coalesce(
            {{ days_between('judged.last_score_on', as_of_date()) }} >= {{ threshold_days('no_score_days') }},
            judged.days_in_treatment >= {{ threshold_days('no_score_days') }}
        ) as no_score_30_days,
        (
            judged.not_improving
            or coalesce(judged.baseline_score >= {{ threshold('baseline_severe_score') }}, false)
        )
        and coalesce(
            {{ days_between('judged.last_case_review_on', as_of_date()) }} >= {{ threshold_days('review_overdue_days') }},
            true
        ) as review_overdue,
        coalesce(judged.is_remission, false)
        or coalesce(judged.is_response_in_a_row, false)
            as ready_for_relapse_prevention,
        coalesce(
            {{ days_between('judged.oldest_open_recommendation_on', as_of_date()) }}
            >= {{ threshold_days('stalled_recommendation_days') }},
            false
        ) as stalled_recommendation
    from judged
),

final as (
    select
        {%- for flag in registry_flags() %}
        raised.{{ flag }} and raised.is_alive and {{ list_has('program_list.' ~ flag ~ '_programs', 'raised.program') }} as {{ flag }},
        {%- endfor %}
        raised.episode_id
    from raised
    cross join program_list
)

select * from final
