with episode as (
    select * from {{ ref('int_episode_latest') }}
),

final as (
    select
        episode_id,
        patient_id,
        program,
        team_id,
        care_manager_id,
        billing_practitioner_id,
        psychiatric_consultant_id,
        started_on,
        ended_on,
        is_in_force,
        phase,
        end_reason,
        status,
        relapse_prevention_plan_on,
        primary_instrument,
        site_columns
    from episode
)

select * from final
