with staffing as (
    {{ latest_known('int_staffing_version', ['staffing_key']) }}
),

final as (
    select
        knowledge_id,
        practitioner_id,
        team_id,
        role,
        fte,
        valid_from,
        valid_until
    from staffing
)

select * from final
