-- People, visits, scores, episodes, reviews and referrals of everyone, with their local dates.
create temp table zoned_team as
select team.* replace (coalesce(zone.time_zone, getvariable('default_zone')) as time_zone)
from team
left join (select distinct time_zone from offset_utc) as zone using (time_zone);

create temp table staffing_row as
select
    practitioner_id,
    team_id,
    role,
    fte,
    hourly_cost_usd,
    coalesce(effective_from, date '1000-01-01') as valid_from,
    day_after(effective_to) as valid_until
from staffing;

-- The team of a practitioner on a day is that of the largest FTE; and so of those staffed as bhc or pcp, as which alone.
create temp table home_row as
select
    {'practitioner_id': practitioner_id, 'staffed_as': staffed_as} as owner,
    team_id as item,
    {'fte': -coalesce(fte, -1), 'team_id': team_id} as goes,
    valid_from,
    valid_until
from staffing_row
cross join (values ('any'), ('bhc'), ('pcp')) as kind(staffed_as)
where staffed_as in ('any', role);
create temp table home as
select unnest(owner), item as team_id, time_zone, valid_from, valid_until
from in_force('home_row')
left join zoned_team on item = team_id;

create temp table panel_row as
select
    patient_id as owner,
    {'team_id': team_id, 'pcp_id': pcp_id} as item,
    date '9999-12-31' - effective_from as goes,
    effective_from as valid_from,
    day_after(effective_to) as valid_until
from panel;
create temp table panel_period as
select owner as patient_id, item.team_id, item.pcp_id, time_zone, valid_from, valid_until
from in_force('panel_row')
left join zoned_team on item.team_id = zoned_team.team_id;
drop table panel_row;

create temp table visit as
with zoned as (
    select
        encounter.*,
        own.time_zone as team_time_zone,
        coalesce(own.time_zone, home.time_zone, panel_period.time_zone, getvariable('default_zone')) as time_zone
    from encounter
    left join zoned_team as own on encounter.team_id = own.team_id
    left join home
        on if(own.team_id is null, encounter.practitioner_id, null) = home.practitioner_id
        and home.staffed_as = 'any'
        and encounter.started_at >= home.valid_from
        and encounter.started_at < home.valid_until
    left join panel_period
        on if(coalesce(own.time_zone, home.time_zone) is null, encounter.patient_id, null) = panel_period.patient_id
        and encounter.started_at >= panel_period.valid_from
        and encounter.started_at < panel_period.valid_until
)

select
    zoned.* exclude (updated_at, is_deleted),
    (zoned.started_at + to_seconds(coalesce(start_offset.offset_seconds, 0)))::date as started_on,
    (zoned.ended_at + to_seconds(coalesce(end_offset.offset_seconds, 0)))::date as ended_on
from zoned
left join offset_utc as start_offset
    on zoned.time_zone = start_offset.time_zone
    and year(zoned.started_at) = start_offset.utc_year
    and zoned.started_at >= start_offset.utc_from
    and zoned.started_at < start_offset.utc_until
left join offset_utc as end_offset
    on zoned.time_zone = end_offset.time_zone
    and year(zoned.ended_at) = end_offset.utc_year
    and zoned.ended_at >= end_offset.utc_from
    and zoned.ended_at < end_offset.utc_until;
drop table encounter;

create temp table enrolled as
select
    episode.*,
    zoned_team.time_zone,
    episode.status in ('active', 'onhold', 'finished') as has_force,
    has_force and holds(getvariable('as_of'), started_on, ended_on) as is_in_force,
    case program when 'cocm' then 1 when 'bhi' then 2 when 'pcbh' then 3 end as program_precedence
from episode
left join zoned_team using (team_id)
where status <> 'entered-in-error';

create temp table scored_version as
with zoned as (
    select
        assessment.*,
        coalesce(visit.team_time_zone, panel_period.time_zone, getvariable('default_zone')) as time_zone
    from assessment
    left join visit using (encounter_id)
    left join panel_period
        on if(visit.team_time_zone is null, assessment.patient_id, null) = panel_period.patient_id
        and assessment.taken_at >= panel_period.valid_from
        and assessment.taken_at < panel_period.valid_until
),

dated as (
    select
        zoned.*,
        (zoned.taken_at + to_seconds(coalesce(offset_utc.offset_seconds, 0)))::date as taken_on
    from zoned
    left join offset_utc
        on zoned.time_zone = offset_utc.time_zone
        and year(zoned.taken_at) = offset_utc.utc_year
        and zoned.taken_at >= offset_utc.utc_from
        and zoned.taken_at < offset_utc.utc_until
)

select
    dated.* exclude (updated_at, is_deleted),
    coalesce(scale.counts_as, dated.instrument) as counts_as,
    scale.remission_below,
    scale.response_fraction,
    coalesce(
        screen_result,
        if(score >= scale.positive_at_least, 'positive', if(score < scale.positive_at_least, 'negative', null))
    ) as screen_finding
from dated
left join assessment_instrument as scale
    on dated.instrument = scale.instrument and holds(dated.taken_on, scale.valid_from, scale.valid_to);
drop table assessment;

-- Scores by the day in each episode's own zone; one belongs to the episode in force, else to one soon to begin.
create temp table episode_day as
select
    enrolled.episode_id,
    enrolled.program_precedence,
    enrolled.started_on,
    score.assessment_id,
    score.counts_as,
    score.score,
    score.item9_score,
    score.taken_at,
    if(coalesce(enrolled.time_zone, score.time_zone) = score.time_zone, score.taken_on,
        local_on(score.taken_at, enrolled.time_zone)) as day_on
from scored_version as score
join enrolled
    on score.patient_id = enrolled.patient_id
    and enrolled.has_force
    and enrolled.program_precedence is not null
    and score.taken_at >= enrolled.started_on - cut_days('baseline_days_before_start') - 2
where
    score.status in ('final', 'amended', 'corrected')
    and score.score is not null
    and day_on >= enrolled.started_on - cut_days('baseline_days_before_start')
    and day_on <= coalesce(enrolled.ended_on, date '9999-12-31');

create temp table baseline as
select
    episode_id,
    counts_as,
    assessment_id as baseline_assessment_id,
    score as baseline_score,
    day_on as baseline_on
from episode_day
qualify row_number() over (partition by episode_id, counts_as order by day_on, taken_at, assessment_id) = 1;

create table fct_assessment as
with belonging as (
    select assessment_id, episode_id, day_on
    from episode_day
    qualify row_number() over (
        partition by assessment_id order by day_on < started_on, program_precedence, started_on desc, episode_id
    ) = 1
)

select
    score.assessment_id,
    score.patient_id,
    score.instrument,
    score.score::int as score,
    coalesce(belonging.day_on, score.taken_on) as taken_on,
    belonging.episode_id,
    baseline.baseline_score::int as baseline_score,
    (score.score - baseline.baseline_score)::int as change_points,
    change_points::double / nullif(baseline.baseline_score, 0) as change_fraction,
    -change_points::double / nullif(baseline.baseline_score, 0) >= score.response_fraction as is_response,
    score.score < score.remission_below as is_remission,
    score.taken_at,
    score.item9_score::int as item9_score,
    score.counts_as
from scored_version as score
left join belonging using (assessment_id)
left join baseline on belonging.episode_id = baseline.episode_id and score.counts_as = baseline.counts_as
where score.status in ('final', 'amended', 'corrected') and score.score is not null;

-- The scores of an episode, one a day and scale, numbered from the last.
create temp table episode_score as
select *, row_number() over (partition by episode_id, counts_as order by taken_on desc) as latest_rank
from (
    from fct_assessment
    where episode_id is not null
    qualify row_number() over (
        partition by episode_id, counts_as, taken_on order by taken_at desc, assessment_id desc
    ) = 1
);

create temp table review as
select
    case_review.*,
    coalesce(home.time_zone, panel_period.time_zone, getvariable('default_zone')) as time_zone
from case_review
left join home
    on case_review.psychiatric_consultant_id = home.practitioner_id
    and home.staffed_as = 'any'
    and case_review.reviewed_at >= home.valid_from
    and case_review.reviewed_at < home.valid_until
left join panel_period
    on case_review.patient_id = panel_period.patient_id
    and case_review.reviewed_at >= panel_period.valid_from
    and case_review.reviewed_at < panel_period.valid_until
where case_review.status <> 'entered-in-error';

create temp table known_referral as
select
    referral.*,
    local_on(
        authored_at,
        coalesce(own.time_zone, home.time_zone, panel_period.time_zone, getvariable('default_zone'))
    ) as authored_on
from referral
left join zoned_team as own using (team_id)
left join home
    on referral.referrer_id = home.practitioner_id
    and home.staffed_as = 'any'
    and referral.authored_at >= home.valid_from
    and referral.authored_at < home.valid_until
left join panel_period
    on referral.patient_id = panel_period.patient_id
    and referral.authored_at >= panel_period.valid_from
    and referral.authored_at < panel_period.valid_until
where referral.status <> 'entered-in-error';

-- Credited entries of a contact activity, in the order of their episode.
create temp table contact as
select
    *,
    row_number() over (partition by episode_id order by contact_on, started_at, entry_id) as contact_number
from (
    select
        segment.episode_id,
        segment.program,
        segment.entry_id,
        min(segment.service_on) as contact_on,
        max(segment.service_on) as last_on,
        min(segment.started_at) as started_at
    from segment
    join activity_type
        on segment.activity_code = activity_type.activity_code
        and activity_type.is_contact
        and holds(segment.service_on, activity_type.valid_from, activity_type.valid_to)
    where segment.disposition = 'credited' and segment.episode_id is not null
    group by all
);
