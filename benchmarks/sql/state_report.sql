-- Screening of those whom primary care saw, and the report: each question of a state, of each team and of all.
create temp table state_seen as
with code_list as (
    select distinct billing_codes
    from visit
    where service_line = 'primary_care' and status = 'finished' and billing_codes is not null
),

qualifying as (
    select distinct state, valid_from as setting_from, billing_codes
    from (select *, trim(unnest(string_split(billing_codes, ';'))) as code from code_list) as carried
    join (
        select
            state,
            valid_from,
            trim(unnest(string_split(qualifying_codes, ';'))) as code_range,
            split_part(code_range, '-', 1) as first_code,
            if(contains(code_range, '-'), split_part(code_range, '-', 2), code_range) as last_code
        from state_report_setting
    ) as bound
        on carried.code between bound.first_code and bound.last_code and length(carried.code) = length(bound.first_code)
),

qualified as (
    select month.state, month.month, month.clinician_roles, month.screen_min_age_years, visit.*
    from visit
    join report_month as month on date_trunc('month', visit.started_on) = month.month
    join qualifying using (state, setting_from, billing_codes)
    where
        visit.service_line = 'primary_care'
        and visit.status = 'finished'
        and visit.started_on <= getvariable('as_of')
),

-- Whom the roster of the day knows as something else alone is no clinician.
no_clinician as (
    select worked.state, worked.practitioner_id, worked.started_on
    from (select distinct state, clinician_roles, practitioner_id, started_on from qualified) as worked
    join staffing_row
        on worked.practitioner_id = staffing_row.practitioner_id
        and worked.started_on >= staffing_row.valid_from
        and worked.started_on < staffing_row.valid_until
    group by all
    having not bool_or(lists(worked.clinician_roles, staffing_row.role))
)

select qualified.state, qualified.month, qualified.patient_id, coalesce(qualified.team_id, home.team_id) as team_id
from qualified
join patient using (patient_id)
anti join no_clinician
    on qualified.state = no_clinician.state
    and qualified.practitioner_id = no_clinician.practitioner_id
    and qualified.started_on = no_clinician.started_on
left join home
    on if(qualified.team_id is null, qualified.practitioner_id, null) = home.practitioner_id
    and home.staffed_as = 'any'
    and qualified.started_on >= home.valid_from
    and qualified.started_on < home.valid_until
where years_of_age(patient.birth_date, qualified.started_on) >= qualified.screen_min_age_years
qualify row_number() over (
    partition by qualified.state, qualified.month, qualified.patient_id
    order by qualified.started_at desc, qualified.encounter_id
) = 1;

create temp table state_screen as
with score as (
    select
        scale.state,
        scale.valid_from,
        scale.valid_to,
        scale.is_depression_screen,
        scale.is_initial_screen,
        taken.*
    from scored_version as taken
    join state_report_instrument as scale on taken.counts_as = scale.instrument
    where
        taken.status in ('final', 'amended', 'corrected')
        and taken.score is not null
        and taken.taken_on <= getvariable('as_of')
),

screened as (
    select distinct seen.state, seen.month, seen.patient_id
    from state_seen as seen
    join report_month as month using (state, month)
    join score
        on seen.state = score.state
        and seen.patient_id = score.patient_id
        and score.taken_on >= (month.month_end_on + 1 - to_months(month.screen_months))::date
        and score.taken_on <= month.month_end_on
        and holds(month.month, score.valid_from, score.valid_to)
    where score.is_depression_screen
),

followed as (
    select
        state,
        patient_id,
        encounter_id,
        score,
        taken_on,
        date_trunc('month', taken_on)::date as month,
        lag(taken_on) over (partition by state, patient_id order by taken_on, taken_at, assessment_id) as previous_on,
        row_number() over (
            partition by state, patient_id, date_trunc('month', taken_on) order by taken_on, taken_at, assessment_id
        ) as place
    from score
    where is_initial_screen and holds(date_trunc('month', taken_on)::date, valid_from, valid_to)
),

member as (
    select 'screened' as measure, seen.*, screened.patient_id is not null as is_in_numerator
    from state_seen as seen
    left join screened using (state, month, patient_id)
    union all
    select
        'screen_yield', state, month, followed.patient_id, visit.team_id,
        followed.score >= month.screen_positive_at_least
    from followed
    join report_month as month using (state, month)
    left join visit using (encounter_id)
    where
        followed.place = 1
        and coalesce(followed.previous_on < followed.taken_on - month.initial_screen_days, true)
)

select
    member.measure,
    state,
    month,
    coalesce(panel_period.team_id, member.team_id) as team_id,
    count(*) filter (member.is_in_numerator) as numerator,
    count(*) as denominator
from member
join report_month as report using (state, month)
left join panel_period
    on member.patient_id = panel_period.patient_id
    and report.month_end_on >= panel_period.valid_from
    and report.month_end_on < panel_period.valid_until
group by all;

create temp table state_count as
with by_team as (
    select state, month, team_id, unnest([
        {'measure': 'enrolled', 'numerator': count(*)::double, 'denominator': null::double},
        {'measure': 'enrolled_covered', 'numerator': count(*) filter (is_covered), 'denominator': null},
        {
            'measure': 'newly_enrolled',
            'numerator': count(*) filter (is_covered and is_newly_enrolled),
            'denominator': null
        },
        {
            'measure': 'duration',
            'numerator': coalesce(sum(treated_days) filter (is_covered and has_ended), 0),
            'denominator': count(*) filter (is_covered and has_ended)
        },
        {
            'measure': 'monthly_contact',
            'numerator': count(*) filter (is_covered and has_contact_and_scale),
            'denominator': count(*) filter (is_covered)
        },
        {
            'measure': 'improved',
            'numerator': count(*) filter (is_covered and is_due and is_improved),
            'denominator': count(*) filter (is_covered and is_due)
        },
        {
            'measure': 'remission',
            'numerator': count(*) filter (is_covered and is_in_remission),
            'denominator': count(*) filter (is_covered)
        },
        {
            'measure': 'reviewed',
            'numerator': count(*) filter (is_covered and is_due and not is_improved and is_reviewed),
            'denominator': count(*) filter (is_covered and is_due and not is_improved)
        }
    ], recursive := true)
    from state_episode_month
    group by state, month, team_id
    union all
    select state, month, team_id, measure, numerator, denominator
    from state_screen
    union all
    select
        month.state, month.month, staff.team_id, 'care_manager_fte',
        if(bool_or(staff.has_unknown_fte), null, sum(staff.fte_days)::double), null
    from report_month as month
    join staff_period as staff
        on staff.period_type = 'month' and month.month = staff.period_start_on and month.fte_role = staff.role
    group by all
)

select measure, state, month, 'team' as entity_type, team_id as entity_id, numerator, denominator
from by_team
where team_id is not null
union all
select
    measure, state, month, 'organization', 'organization',
    if(count(numerator) = count(*), sum(numerator), null), sum(denominator)
from by_team
group by all;

create table rpt_state_report as
with entity as (
    select 'organization' as entity_type, 'organization' as entity_id
    union
    select 'team', team_id from zoned_team
    union
    select entity_type, entity_id from state_count
),

asked as (
    select rule.*, month.month, month.month_end_on, entity.*
    from report_month as month
    join state_report_rule as rule
        on month.state = rule.state and holds(month.month, rule.valid_from, rule.valid_to)
    cross join entity
),

answered as (
    select
        asked.*,
        if(staffed.measure is null, 0, staffed.numerator) as fte_days,
        asked.month_end_on - asked.month + 1 as days,
        case asked.measure
            when 'care_manager_fte' then fte_days
            when 'duration' then coalesce(counted.numerator / 7, 0)
            else coalesce(counted.numerator, 0)
        end as numerator,
        case
            when asked.measure = 'care_manager_fte' then days::double
            when asked.measure = 'enrolled' then fte_days / days
            when asked.value_is = 'quotient' then coalesce(counted.denominator, 0)
        end as denominator
    from asked
    left join state_count as staffed
        on asked.state = staffed.state
        and asked.month = staffed.month
        and asked.entity_type = staffed.entity_type
        and asked.entity_id = staffed.entity_id
        and staffed.measure = 'care_manager_fte'
    left join state_count as counted
        on asked.state = counted.state
        and asked.month = counted.month
        and asked.entity_type = counted.entity_type
        and asked.entity_id = counted.entity_id
        and asked.measure = counted.measure
),

-- Rounded half up, decided on whole numbers.
divided as (
    select
        *,
        if(
            decimals is null,
            numerator / nullif(denominator, 0),
            floor((2 * numerator * 10 ** decimals + denominator) / nullif(2 * denominator, 0)) / 10 ** decimals
        ) as quotient
    from answered
)

select
    state,
    metric_number,
    entity_type,
    entity_id,
    month,
    numerator,
    denominator,
    if(value_is = 'numerator', numerator, quotient) as value,
    target::double as target,
    case met_if
        when 'at_least' then quotient >= target::double
        when 'above' then quotient > target::double
    end as is_met,
    month_end_on,
    metric,
    sentence
from divided;
