with registry_row as (
    select * from {{ ref('int_registry_row') }}
),

judged as (
    select
        registry_row.*,
        registry_row.days_in_treatment >= {{ threshold_days('not_improving_days') }}
        and not coalesce(
            registry_row.is_response or registry_row.latest_score < registry_row.improved_below, false
        ) as is_flagged_not_improving
    from registry_row
),

flagged as (
    select
        judged.*,
        judged.last_case_review_on is null as is_flagged_new_unreviewed,
        coalesce(judged.latest_item9_score > {{ threshold('safety_item_score') }}, false) as is_flagged_safety_item,
        coalesce(
            {{ days_between('judged.last_contact_on', as_of_date()) }} >= {{ threshold_days('no_contact_days') }},
            judged.days_in_treatment >= {{ threshold_days('no_contact_days') }}
        ) as is_flagged_no_contact_28_days,
        coalesce(
            {{ days_between('judged.last_score_on', as_of_date()) }} >= {{ threshold_days('no_score_days') }},
            judged.days_in_treatment >= {{ threshold_days('no_score_days') }}
        ) as is_flagged_no_score_30_days,
        (
            judged.is_flagged_not_improving
            or coalesce(judged.baseline_score >= {{ threshold('baseline_severe_score') }}, false)
        )
        and coalesce(
            {{ days_between('judged.last_case_review_on', as_of_date()) }} >= {{ threshold_days('review_overdue_days') }},
            true
        ) as is_flagged_review_overdue,
        coalesce(judged.is_remission, false)
        or coalesce(judged.is_response and judged.was_response_before, false)
            as is_flagged_ready_for_relapse_prevention,
        coalesce(
            {{ days_between('judged.oldest_open_recommendation_on', as_of_date()) }}
            >= {{ threshold_days('stalled_recommendation_days') }},
            false
        ) as is_flagged_stalled_recommendation
    from judged
),

final as (
    select
        episode_id,
        patient_id,
        care_manager_id,
        pcp_id,
        team_id,
        program,
        phase,
        cast(floor(days_in_treatment / 7) as integer) as weeks_in_treatment,
        cast(first_phq9 as integer) as first_phq9,
        cast(latest_phq9 as integer) as latest_phq9,
        cast(latest_phq9 - first_phq9 as double) / nullif(first_phq9, 0) as phq9_change_fraction,
        cast(first_gad7 as integer) as first_gad7,
        cast(latest_gad7 as integer) as latest_gad7,
        is_response,
        is_remission,
        last_contact_on,
        followup_due_on,
        case
            when followup_due_on < {{ as_of_date() }}
                then cast({{ days_between('followup_due_on', as_of_date()) }} as integer)
            else 0
        end as days_overdue,
        last_case_review_on,
        nullif(substring(
            {%- for flag in registry_flags() %}
            case when is_flagged_{{ flag }} then ';{{ flag }}' else '' end{{ ' ||' if not loop.last }}
            {%- endfor %}, 2, 300
        ), '') as flags,
        credited_minutes_this_month,
        psychiatric_consultant_id,
        minutes_to_next_tier,
        recent_contacts,
        {%- for flag in registry_flags() %}
        is_flagged_{{ flag }},
        {%- endfor %}
        relapse_prevention_plan_on
    from flagged
)

select * from final
