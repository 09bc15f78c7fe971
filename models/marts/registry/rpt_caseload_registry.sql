with registry_row as (
    select * from {{ ref('int_registry_row') }}
),

flag as (
    select * from {{ ref('int_registry_flag') }}
),

history as (
    select * from {{ ref('int_episode_score_history') }}
),

final as (
    select
        registry_row.episode_id,
        registry_row.patient_id,
        registry_row.care_manager_id,
        registry_row.pcp_id,
        registry_row.team_id,
        registry_row.psychiatric_consultant_id,
        registry_row.program,
        registry_row.phase,
        registry_row.started_on,
        cast(floor(registry_row.days_in_treatment / 7) as integer) as weeks_in_treatment,
        {%- for scale in ['phq9', 'gad7'] %}
        cast(registry_row.first_{{ scale }} as integer) as first_{{ scale }},
        registry_row.first_{{ scale }}_on,
        cast(registry_row.latest_{{ scale }} as integer) as latest_{{ scale }},
        registry_row.latest_{{ scale }}_on,
        cast(registry_row.latest_{{ scale }} - registry_row.first_{{ scale }} as integer) as {{ scale }}_change_points,
        cast(registry_row.latest_{{ scale }} - registry_row.first_{{ scale }} as double)
        / nullif(registry_row.first_{{ scale }}, 0) as {{ scale }}_change_fraction,
        {%- endfor %}
        history.score_history,
        registry_row.is_response,
        registry_row.is_remission,
        registry_row.last_contact_on,
        registry_row.recent_contacts,
        registry_row.followup_due_on,
        case
            when registry_row.followup_due_on < {{ as_of_date() }}
                then cast({{ days_between('registry_row.followup_due_on', as_of_date()) }} as integer)
            else 0
        end as days_overdue,
        registry_row.last_case_review_on,
        cast({{ days_between('registry_row.last_case_review_on', as_of_date()) }} as integer) as days_since_case_review,
        cast(registry_row.latest_item9_score as integer) as latest_item9_score,
        registry_row.relapse_prevention_plan_on,
        nullif(substring(
            {%- for name in registry_flags() %}
            case when flag.{{ name }} then ';{{ name }}' else '' end{{ ' ||' if not loop.last }}
            {%- endfor %}, 2, 300
        ), '') as flags,
        {%- for name in registry_flags() %}
        flag.{{ name }},
        {%- endfor %}
        registry_row.credited_minutes_this_month,
        registry_row.minutes_to_next_tier,
        registry_row.next_tier_amount_usd,
        registry_row.deceased_on
    from registry_row
    inner join flag
        on registry_row.episode_id = flag.episode_id
    left join history
        on registry_row.episode_id = history.episode_id
)

select * from final
