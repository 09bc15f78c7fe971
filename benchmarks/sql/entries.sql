-- Time entries in UTC, one row each, and the slices of them that have one answer each.
create temp table latest_entry as
from care_activity
qualify row_number() over (partition by entry_id order by updated_at desc nulls last, rowid desc) = 1;

-- The zone in which an entry was written: its staff member's team on that day, else the patient's panel team.
create temp table staff_day as
select staff_day.staff_id, staff_day.worked_on, latest_team.time_zone
from (select distinct staff_id, started_at::date as worked_on from latest_entry) as staff_day
join latest_staffing
    on staff_day.staff_id = latest_staffing.practitioner_id
    and staff_day.worked_on >= latest_staffing.valid_from
    and staff_day.worked_on < latest_staffing.valid_until
join latest_team using (team_id)
qualify row_number() over (
    partition by staff_day.staff_id, staff_day.worked_on
    order by latest_staffing.fte desc nulls last, latest_staffing.team_id
) = 1;

create temp table panel_day as
select unzoned.patient_id, unzoned.worked_on, latest_team.time_zone
from (
    select distinct patient_id, started_at::date as worked_on
    from latest_entry
    anti join staff_day on latest_entry.staff_id = staff_day.staff_id and latest_entry.started_at::date = staff_day.worked_on
) as unzoned
join panel
    on unzoned.patient_id = panel.patient_id
    and unzoned.worked_on >= panel.effective_from
    and unzoned.worked_on <= coalesce(panel.effective_to, date '9999-12-31')
join latest_team using (team_id)
qualify row_number() over (partition by unzoned.patient_id, unzoned.worked_on order by panel.effective_from desc, panel.updated_at desc nulls last) = 1;

create temp table entry as
with zoned as (
    select
        latest_entry.*,
        coalesce(staff_day.time_zone, panel_day.time_zone, getvariable('default_zone')) as time_zone
    from latest_entry
    left join staff_day
        on latest_entry.staff_id = staff_day.staff_id and latest_entry.started_at::date = staff_day.worked_on
    left join panel_day
        on latest_entry.patient_id = panel_day.patient_id and latest_entry.started_at::date = panel_day.worked_on
),

instant as (
    select
        zoned.* replace (
            zoned.started_at - to_seconds(start_offset.offset_seconds) as started_at,
            zoned.ended_at - to_seconds(end_offset.offset_seconds) as ended_at
        ),
        round(zoned.duration_minutes * 60)::bigint as stated_seconds,
        coalesce(zoned.is_deleted, false) or coalesce(zoned.status = 'entered-in-error', false) as is_void
    from zoned
    left join offset_local as start_offset
        on zoned.time_zone = start_offset.time_zone
        and year(zoned.started_at) = start_offset.local_year
        and zoned.started_at >= start_offset.local_from
        and zoned.started_at < start_offset.local_until
    left join offset_local as end_offset
        on zoned.time_zone = end_offset.time_zone
        and year(zoned.ended_at) = end_offset.local_year
        and zoned.ended_at >= end_offset.local_from
        and zoned.ended_at < end_offset.local_until
),

measured as (
    select
        *,
        date_diff('second', started_at, ended_at) as interval_seconds,
        case
            when stated_seconds is null or stated_seconds > interval_seconds then coalesce(interval_seconds, stated_seconds)
            else stated_seconds
        end as worked_seconds
    from instant
),

bound as (
    select
        max(value) filter (name = 'max_worked_hours') as max_worked_hours,
        max(value) filter (name = 'max_interval_hours') as max_interval_hours,
        max(value) filter (name = 'duration_tolerance_seconds') as duration_tolerance_seconds
    from threshold
)

select
    entry_id,
    patient_id,
    staff_id,
    activity_code,
    time_zone,
    started_at,
    started_at + to_seconds(worked_seconds) as ended_at,
    documented_at,
    is_void,
    not is_void and row_number() over (
        partition by is_void, patient_id, staff_id, activity_code, started_at, started_at + to_seconds(worked_seconds)
        order by documented_at nulls last, entry_id
    ) > 1 as is_duplicate
from measured
cross join bound
where
    patient_id is not null
    and worked_seconds > 0
    and coalesce(interval_seconds, 1) > 0
    and coalesce(stated_seconds <= interval_seconds + duration_tolerance_seconds, true)
    and coalesce(interval_seconds <= max_interval_hours * 3600, true)
    and worked_seconds <= max_worked_hours * 3600;

create temp table entry_episode as
select
    entry.entry_id,
    enrolment.episode_id,
    enrolment.program,
    enrolment.precedence,
    enrolment.started_on,
    enrolment.last_day_on,
    enrolment.time_zone
from entry
join enrolment
    on entry.patient_id = enrolment.patient_id
    and enrolment.precedence is not null
    and entry.ended_at >= enrolment.started_on - 2
    and entry.started_at - interval 2 day <= enrolment.last_day_on;

-- The local dates of an entry in each zone in which it is tested, and where midnight lies between two.
create temp table entry_zone as
with zoned as (
    select entry_id, time_zone, started_at, ended_at from entry
    union all
    select distinct entry.entry_id, entry_episode.time_zone, entry.started_at, entry.ended_at
    from entry_episode
    join entry on entry_episode.entry_id = entry.entry_id and entry_episode.time_zone <> entry.time_zone
)

select
    zoned.entry_id,
    zoned.time_zone,
    (zoned.started_at + to_seconds(start_offset.offset_seconds))::date as first_on,
    (zoned.ended_at - interval 1 second + to_seconds(end_offset.offset_seconds))::date as last_on,
    last_on::timestamp - to_seconds(end_offset.offset_seconds) as midnight_at
from zoned
join offset_utc as start_offset
    on zoned.time_zone = start_offset.time_zone
    and year(zoned.started_at) = start_offset.utc_year
    and zoned.started_at >= start_offset.utc_from
    and zoned.started_at < start_offset.utc_until
join offset_utc as end_offset
    on zoned.time_zone = end_offset.time_zone
    and year(zoned.ended_at - interval 1 second) = end_offset.utc_year
    and zoned.ended_at - interval 1 second >= end_offset.utc_from
    and zoned.ended_at - interval 1 second < end_offset.utc_until;

-- Visits that take minutes away: those billed on their own, and stays in a facility.
create temp table excluding_visit as
select distinct encounter_id, patient_id, practitioner_id, 'billed_separately' as exclusion, started_at, ended_at
from (
    select *, unnest(string_split(replace(billing_codes, ' ', ''), ';')) as code
    from latest_encounter
    where status = 'finished' and ended_at is not null and billing_codes is not null
) as billed
join procedure_code
    on billed.code = procedure_code.procedure_code
    and procedure_code.is_separately_billed
    and billed.started_at::date
    between coalesce(procedure_code.valid_from, date '1000-01-01') and coalesce(procedure_code.valid_to, date '9999-12-31')
union all
select encounter_id, patient_id, null, 'facility_stay', started_at, coalesce(ended_at, timestamp '9999-12-31')
from latest_encounter
where
    encounter_class in ('inpatient', 'observation')
    and status not in ('cancelled', 'planned', 'noshow', 'entered-in-error');

create temp table entry_exclusion as
select entry.entry_id, excluding_visit.exclusion, excluding_visit.started_at, excluding_visit.ended_at
from entry
join excluding_visit
    on entry.patient_id = excluding_visit.patient_id
    and entry.started_at < excluding_visit.ended_at
    and entry.ended_at > excluding_visit.started_at
where excluding_visit.exclusion = 'facility_stay' or excluding_visit.practitioner_id = entry.staff_id;

create temp table cut as
select distinct entry.entry_id, border.border_at
from (
    select entry_id, midnight_at as border_at from entry_zone where last_on > first_on
    union all
    select entry_id, started_at from entry_exclusion
    union all
    select entry_id, ended_at from entry_exclusion
    union all
    select entry.entry_id, unnest([latest_consent.granted_at, latest_consent.revoked_at])
    from entry
    join latest_consent
        on entry.patient_id = latest_consent.patient_id
        and (
            (latest_consent.granted_at > entry.started_at and latest_consent.granted_at < entry.ended_at)
            or (latest_consent.revoked_at > entry.started_at and latest_consent.revoked_at < entry.ended_at)
        )
) as border
join entry on border.entry_id = entry.entry_id and border.border_at > entry.started_at and border.border_at < entry.ended_at;

create temp table slice as
select
    * exclude (border_at) replace (border_at as started_at, coalesce(lead(border_at) over entry_in_order, ended_at) as ended_at),
    false as is_whole
from (
    select entry.*, entry.started_at as border_at from entry semi join cut using (entry_id)
    union all
    select entry.*, cut.border_at from entry join cut using (entry_id)
)
window entry_in_order as (partition by entry_id order by border_at);

insert into slice
select entry.*, true from entry anti join cut using (entry_id);
