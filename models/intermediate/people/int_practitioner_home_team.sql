-- The one team that a practitioner belongs to on a date: that of the largest FTE, then the lowest team_id.
with staffing as (
    select * from {{ ref('int_staffing_latest') }}
    where valid_from < valid_until
),

team as (
    select * from {{ ref('int_team_zoned') }}
),

home as (
    {{ first_in_force('staffing', ['practitioner_id'], ['team_id'],
        'row_in_force.fte desc nulls last, row_in_force.team_id asc') }}
),

final as (
    select
        home.practitioner_id,
        home.team_id,
        home.valid_from,
        home.valid_until,
        team.time_zone
    from home
    left join team
        on home.team_id = team.team_id
)

select * from final
