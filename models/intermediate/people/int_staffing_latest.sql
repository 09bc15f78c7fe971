with staffing as (
    {{ latest_version('int_staffing_version', ['staffing_key']) }}
),

final as (
    select
        practitioner_id,
        team_id,
        role,
        fte,
        hourly_cost_usd,
        valid_from,
        valid_until
    from staffing
)

select * from final
