-- What kind of place a team is, on which the way of its claims depends.
with team as (
    {{ latest_known('stg_feed__team', ['team_id']) }}
),

final as (
    select
        knowledge_id,
        team_id,
        facility_type
    from team
)

select * from final
