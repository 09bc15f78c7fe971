-- Visits of behavioral health consultants: finished, and by someone staffed as bhc on the local date.
with encounter as (
    select * from {{ ref('int_encounter_latest') }}
    where
        service_line = 'behavioral_health'
        and status = 'finished'
        and started_on <= {{ as_of_date() }}
),

bhc_staffing as (
    select * from {{ ref('int_staffing_latest') }}
    where
        role = 'bhc'
        and valid_from < valid_until
),

bhc_home as (
    {{ first_in_force('bhc_staffing', ['practitioner_id'], ['team_id'],
        'row_in_force.fte desc nulls last, row_in_force.team_id asc') }}
),

placed as (
    select
        encounter.encounter_id,
        encounter.patient_id,
        encounter.practitioner_id,
        coalesce(encounter.team_id, bhc_home.team_id) as team_id,
        encounter.started_on as visit_on,
        encounter.started_at,
        encounter.visit_type,
        encounter.modality,
        bhc_home.team_id as home_team_id
    from encounter
    inner join bhc_home
        on encounter.practitioner_id = bhc_home.practitioner_id
        and encounter.started_on >= bhc_home.valid_from
        and encounter.started_on < bhc_home.valid_until
),

team as (
    select * from {{ ref('int_team_zoned') }}
),

final as (
    select
        placed.encounter_id,
        placed.patient_id,
        placed.practitioner_id,
        placed.team_id,
        team.site_id,
        placed.visit_on,
        placed.started_at,
        placed.visit_type,
        placed.modality,
        home_team.site_id as home_site_id
    from placed
    left join team
        on placed.team_id = team.team_id
    left join team as home_team
        on placed.home_team_id = home_team.team_id
)

select * from final
