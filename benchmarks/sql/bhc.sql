-- Visits of behavioral health consultants, and what the metrics of primary care behavioral health count of them.
create temp table bhc_visit as
with placed as (
    select
        visit.encounter_id,
        visit.patient_id,
        visit.practitioner_id,
        coalesce(visit.team_id, home.team_id) as team_id,
        home.team_id as home_team_id,
        visit.started_on as visit_on,
        visit.started_at,
        visit.visit_type,
        visit.modality,
        visit.billing_codes is not null as is_billable
    from visit
    join home
        on visit.practitioner_id = home.practitioner_id
        and home.staffed_as = 'bhc'
        and visit.started_on >= home.valid_from
        and visit.started_on < home.valid_until
    where
        visit.service_line = 'behavioral_health'
        and visit.status = 'finished'
        and visit.started_on <= getvariable('as_of')
),

spaced as (
    select
        placed.*,
        zoned_team.site_id,
        home_team.site_id as home_site_id,
        visit_on - lag(visit_on) over (
            partition by patient_id order by visit_on, started_at, encounter_id
        ) as days_since,
        row_number() over (
            partition by practitioner_id, patient_id, visit_on order by started_at, encounter_id
        ) = 1 as is_first_of_day
    from placed
    left join zoned_team on placed.team_id = zoned_team.team_id
    left join zoned_team as home_team on placed.home_team_id = home_team.team_id
)

select
    *,
    visit_type is not distinct from 'warm_handoff' as is_warm_handoff,
    if(days_since between 1 and cut_days('return_visit_max_days'), days_since, null) as gap_days
from spaced;

create temp table bhc_patient_period as
with placed as (
    select 'practitioner' as entity_type, practitioner_id as entity_id, * from bhc_visit
    union all
    select 'team', team_id, * from bhc_visit where team_id is not null
)

select
    entity_type,
    entity_id,
    period_type,
    period_start_on,
    patient_id,
    count(*) as visits,
    count(*) filter (is_warm_handoff) as warm_handoffs,
    count(*) filter (is_first_of_day) as days_seen,
    count(gap_days) as return_visits,
    count(*) filter (gap_days <= cut_days('followup_bucket_1_max_days')) as returns_1_2_weeks,
    count(*) filter (
        gap_days > cut_days('followup_bucket_1_max_days') and gap_days <= cut_days('followup_bucket_2_max_days')
    ) as returns_3_4_weeks,
    count(*) filter (gap_days > cut_days('followup_bucket_2_max_days')) as returns_5_plus_weeks,
    sum(gap_days) as gap_days,
    max(visit_on) as last_visit_on,
    max(visit_on) filter (gap_days is not null) as last_return_on
from placed
join period_day on placed.visit_on = period_day.day_on
where period_type in ('month', 'quarter', 'year', 'trailing_365_days')
group by all;

-- The year to the last day of a period, of a consultant, of a team and of anyone.
create temp table bhc_patient_year as
with period_end as (
    select distinct period_end_on
    from period
    where period_type in ('month', 'quarter', 'year', 'trailing_365_days')
),

visited as (
    select patient_id, practitioner_id, team_id, visit_on, count(*) as visits
    from bhc_visit
    group by all
)

select
    case
        when grouping(practitioner_id) = 0 then 'practitioner'
        when grouping(team_id) = 0 then 'team'
        else 'organization'
    end as entity_type,
    coalesce(practitioner_id, team_id, 'organization') as entity_id,
    period_end_on,
    patient_id,
    sum(visits)::int as visits,
    max(visit_on) as last_visit_on,
    grouping(practitioner_id) = 1 and grouping(team_id) = 0 and team_id is null as is_nowhere
from visited
join period_end
    on visited.visit_on <= period_end_on
    and visited.visit_on > period_end_on - cut_days('penetration_window_days')
group by grouping sets (
    (period_end_on, patient_id, practitioner_id), (period_end_on, patient_id, team_id), (period_end_on, patient_id)
);
delete from bhc_patient_year where is_nowhere;

-- Panels to the day of death; a patient counts once in each of team, PCP and site.
create temp table membership as
with dated as (
    select
        panel.patient_id,
        panel.team_id,
        panel.pcp_id,
        zoned_team.site_id,
        panel.effective_from as valid_from,
        least(day_after(panel.effective_to), day_after(patient.deceased_on)) as valid_until
    from panel
    left join patient using (patient_id)
    left join zoned_team on panel.team_id = zoned_team.team_id
    where valid_from < valid_until
),

placed as (
    select 'team' as entity_type, team_id as entity_id, * from dated where team_id is not null
    union all
    select 'practitioner', pcp_id, * from dated where pcp_id is not null
    union all
    select 'site', site_id, * from dated where site_id is not null
),

moved as (
    select
        entity_type,
        entity_id,
        patient_id,
        valid_from,
        valid_until,
        sum(begins) over (stretch rows between unbounded preceding and current row) as stretch_number
    from (
        select
            *,
            (coalesce(max(valid_until) over (stretch rows between unbounded preceding and 1 preceding), valid_from - 1)
            < valid_from)::int as begins
        from placed
        semi join (select patient_id from panel group by patient_id having count(*) > 1) using (patient_id)
        window stretch as (partition by entity_type, entity_id, patient_id order by valid_from, valid_until)
    )
    window stretch as (partition by entity_type, entity_id, patient_id order by valid_from, valid_until)
)

select entity_type, entity_id, patient_id, valid_from, valid_until
from placed
anti join (select patient_id from panel group by patient_id having count(*) > 1) using (patient_id)
union all
select entity_type, entity_id, patient_id, min(valid_from), max(valid_until)
from moved
group by entity_type, entity_id, patient_id, stretch_number;

-- Panel sizes come of adding those who entered and those who left; patients are opened as far as the limit goes.
create temp table panel_total as
with moved as (
    select entity_type, entity_id, moved_on, sum(step)::bigint as step
    from (
        select entity_type, entity_id, valid_from as moved_on, 1 as step from membership
        union all
        select entity_type, entity_id, valid_until, -1 from membership
    )
    group by all
),

period_end as (
    select distinct period_end_on
    from period
    where period_type in ('month', 'quarter', 'year', 'trailing_365_days')
),

sized as (
    select entity_type, entity_id, period_end_on, sum(step)::int as panel_patients
    from moved
    join period_end on moved.moved_on <= period_end.period_end_on
    group by all
    having panel_patients > 0
),

seen as (
    select membership.entity_type, membership.entity_id, year.period_end_on, count(*)::int as seen_patients
    from bhc_patient_year as year
    join membership
        on year.patient_id = membership.patient_id
        and year.period_end_on >= membership.valid_from
        and year.period_end_on < membership.valid_until
    where year.entity_type = 'organization'
    group by all
),

placed as (
    select sized.*, period.period_type, period.period_start_on, coalesce(seen_patients, 0) as seen_patients
    from sized
    join period using (period_end_on)
    left join seen using (entity_type, entity_id, period_end_on)
    where period_type in ('month', 'quarter', 'year', 'trailing_365_days')
)

select
    *,
    sum(panel_patients) over (
        order by period_end_on desc, period_type, period_start_on
    ) <= cut('panel_member_rows_most') as is_opened
from placed;
