-- Whom a scorecard is about: who was staffed as pcp in the period, or has a panel on its last day; and the team.
with period as (
    select * from {{ ref('int_period') }}
    where period_type in ('month', 'trailing_3_months')
),

staffed as (
    select
        pcp_home.practitioner_id as pcp_id,
        pcp_home.team_id,
        period.period_type,
        period.period_start_on,
        row_number() over (
            partition by pcp_home.practitioner_id, period.period_type, period.period_start_on
            order by pcp_home.valid_from desc
        ) as stay_rank
    from {{ ref('int_pcp_home') }} as pcp_home
    inner join period
        on pcp_home.valid_from <= period.period_end_on
        and pcp_home.valid_until > period.period_start_on
),

panel as (
    select
        entity_id as pcp_id,
        period_end_on,
        max(panel_patients) as panel_patients,
        max(seen_patients) as visited_patients
    from {{ ref('int_panel_total') }}
    where entity_type = 'practitioner'
    group by
        entity_id,
        period_end_on
),

panel_team as (
    select
        pcp_id,
        min(team_id) as team_id
    from {{ ref('int_panel_period') }}
    where pcp_id is not null
    group by pcp_id
),

named as (
    select
        pcp_id,
        period_type,
        period_start_on
    from staffed
    union
    select
        panel.pcp_id,
        period.period_type,
        period.period_start_on
    from panel
    inner join period
        on panel.period_end_on = period.period_end_on
),

final as (
    select
        named.pcp_id,
        coalesce(staffed.team_id, panel_team.team_id, 'unknown') as team_id,
        named.period_type,
        named.period_start_on,
        period.period_end_on,
        cast(coalesce(panel.panel_patients, 0) as integer) as panel_patients,
        cast(coalesce(panel.visited_patients, 0) as integer) as visited_patients
    from named
    inner join period
        on named.period_type = period.period_type
        and named.period_start_on = period.period_start_on
    left join staffed
        on named.pcp_id = staffed.pcp_id
        and named.period_type = staffed.period_type
        and named.period_start_on = staffed.period_start_on
        and staffed.stay_rank = 1
    left join panel
        on named.pcp_id = panel.pcp_id
        and period.period_end_on = panel.period_end_on
    left join panel_team
        on named.pcp_id = panel_team.pcp_id
)

select * from final
