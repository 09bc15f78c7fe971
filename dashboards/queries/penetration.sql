-- One row a team: the share of its panel that a BHC saw in the 365 days to the end of the month.
select
    team.team_name,
    penetration.numerator as patients_seen,
    penetration.denominator as panel_patients,
    penetration.value as penetration,
    penetration.target_low,
    penetration.target_high,
    penetration.target_status
from fct_metric_value as penetration
inner join dim_team as team
    on penetration.entity_id = team.team_id
where
    penetration.metric_id = 'pcbh_penetration'
    and penetration.entity_type = 'team'
    and penetration.period_type = 'month'
    and penetration.period_start_on = $month
    and penetration.value is not null
    and ($team is null or penetration.entity_id = $team)
order by team.team_name
