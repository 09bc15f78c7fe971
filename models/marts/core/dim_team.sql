with team as (
    select * from {{ ref('int_team_zoned') }}
),

final as (
    select
        team_id,
        team_name,
        site_id,
        time_zone,
        facility_type,
        complexity_tier,
        site_name,
        billing_tin,
        site_columns
    from team
)

select * from final
