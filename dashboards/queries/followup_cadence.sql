-- One row a team and band: return visits of the twelve months to the month. Numerators and denominators are added up, and
-- divided once; one month alone has too few return visits to say much.
select
    team.team_name,
    case followup.metric_id
        when 'pcbh_followup_1_2_weeks' then '1-2 weeks'
        when 'pcbh_followup_3_4_weeks' then '3-4 weeks'
        else '5+ weeks'
    end as band,
    sum(followup.numerator) as return_visits,
    sum(followup.denominator) as all_return_visits,
    sum(followup.numerator) / sum(followup.denominator) as share
from fct_metric_value as followup
inner join dim_team as team
    on followup.entity_id = team.team_id
where
    followup.metric_id in ('pcbh_followup_1_2_weeks', 'pcbh_followup_3_4_weeks', 'pcbh_followup_5_plus_weeks')
    and followup.entity_type = 'team'
    and followup.period_type = 'month'
    and followup.period_start_on <= $month
    and followup.period_start_on > cast($month as date) - interval 12 months
    and ($team is null or followup.entity_id = $team)
group by team.team_id, team.team_name, followup.metric_id
having sum(followup.denominator) > 0
order by team.team_name, band
