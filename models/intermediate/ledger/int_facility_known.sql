-- What kind of place a team is, on which the way of its claims depends, and its zone, in which its episodes are tested.
with team as (
    {{ latest_known('stg_feed__team', ['team_id']) }}
),

run_context as (
    select * from {{ ref('stg_reference__run_context') }}
),

known_zone as (
    select distinct time_zone from {{ ref('stg_reference__zone_offset_utc') }}
),

final as (
    select
        team.knowledge_id,
        team.team_id,
        team.facility_type,
        coalesce(known_zone.time_zone, run_context.default_time_zone) as time_zone
    from team
    cross join run_context
    left join known_zone
        on team.time_zone = known_zone.time_zone
)

select * from final
