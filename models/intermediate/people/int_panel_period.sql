-- The one panel row that holds for a patient on a date: the one that began last.
with panel as (
    {{ latest_version('stg_feed__panel', ['patient_id', 'effective_from']) }}
),

team as (
    select * from {{ ref('int_team_zoned') }}
),

dated as (
    select
        patient_id,
        team_id,
        pcp_id,
        effective_from as valid_from,
        {{ day_after('effective_to') }} as valid_until
    from panel
),

in_force as (
    select * from dated
    where valid_from < valid_until
),

held as (
    {{ first_in_force('in_force', ['patient_id'], ['team_id', 'pcp_id'], 'row_in_force.valid_from desc') }}
),

final as (
    select
        held.patient_id,
        held.team_id,
        held.pcp_id,
        held.valid_from,
        held.valid_until,
        team.time_zone
    from held
    left join team
        on held.team_id = team.team_id
)

select * from final
