-- One row a team: active collaborative care patients a full-time care manager, beside the guideline of the team's tier.
select
    team.team_name,
    team.complexity_tier,
    caseload.numerator as active_patients,
    caseload.denominator as care_manager_fte,
    caseload.value as patients_per_fte,
    caseload.target_low,
    caseload.target_high,
    caseload.target_status
from fct_metric_value as caseload
inner join dim_team as team
    on caseload.entity_id = team.team_id
where
    caseload.metric_id = 'cocm_active_patients_per_fte'
    and caseload.entity_type = 'team'
    and caseload.period_type = 'month'
    and caseload.period_start_on = $month
    and caseload.value is not null
    and ($team is null or caseload.entity_id = $team)
order by team.team_name
