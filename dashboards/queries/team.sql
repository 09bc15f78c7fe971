-- One row a team, for the filter.
select
    team_id,
    team_name
from dim_team
order by team_name, team_id
