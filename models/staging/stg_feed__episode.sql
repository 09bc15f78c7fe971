with source as (
    select * from {{ source('feed', 'episode') }}
),

final as (
    select
        episode_id,
        patient_id,
        program,
        team_id,
        referral_id,
        care_manager_id,
        billing_practitioner_id,
        psychiatric_consultant_id,
        started_on,
        ended_on,
        status,
        phase,
        relapse_prevention_plan_on,
        primary_instrument,
        end_reason,
        updated_at,
        is_deleted,
        site_columns,
        _delivered_on,
        _source_file,
        _row_number,
        _file_id
    from source
    where _delivered_on <= {{ as_of_date() }}
)

select * from final
