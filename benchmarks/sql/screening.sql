-- Depression screening and follow-up: visits, screens, what followed, and the patients that they make.
create temp table screening_visit as
select distinct
    year.period_start_on,
    year.period_end_on,
    measured_visit.patient_id,
    measured_visit.encounter_id,
    measured_visit.started_at,
    measured_visit.started_on,
    measured_visit.ended_on,
    years_of_age(patient.birth_date, year.period_start_on) as age_years
from measured_visit
join measured_year as year
    on measured_visit.started_on >= year.period_start_on and measured_visit.ended_on <= year.period_end_on
join patient using (patient_id)
where
    measured_visit.value_set in (
        'Encounter to Screen for Depression', 'Physical Therapy Evaluation', 'Telephone Visits'
    )
    and measured_visit.status = 'finished'
    and years_of_age(patient.birth_date, year.period_start_on) >= cut('measure_min_age_years');

create temp table screen as
select
    if(value_set = 'Adult Depression Screening', 'adult', 'adolescent') as screen_kind,
    *,
    coalesce(status in ('final', 'corrected') and has_value, false) as is_done,
    if(
        not is_done and coalesce(status, '') <> 'entered-in-error' and stated_reason in ('refused', 'medical'),
        stated_reason, null
    ) as not_done_reason
from (
    select
        listed_code.value_set,
        assessment_id as screen_id,
        patient_id,
        taken_at as screened_at,
        taken_on as screened_on,
        status,
        score,
        screen_finding as screen_result,
        not_done_reason as stated_reason,
        score is not null or screen_result is not null as has_value
    from scored_version
    join listed_code on scored_version.instrument = listed_code.code and listed_code.code_system = 'instrument'
    union all
    select
        value_set, event_id, patient_id, happened_at, happened_on, status, null, null, null,
        value_code is not null or value_number is not null
    from listed_event
    where kind = 'observation'
)
where value_set in ('Adult Depression Screening', 'Adolescent Depression Screening');

create temp table last_screen as
select
    screening_visit.period_start_on,
    screening_visit.patient_id,
    screening_visit.age_years,
    screen.screen_kind,
    screen.screened_on,
    screen.score,
    screen.screen_result
from screening_visit
join screen
    on screening_visit.patient_id = screen.patient_id
    and screen.screened_on >= screening_visit.started_on - cut_days('screen_days_before_visit')
    and screen.screened_on <= screening_visit.started_on
where screen.is_done
qualify row_number() over (
    partition by screening_visit.period_start_on, screening_visit.patient_id, screen.screen_kind
    order by screen.screened_at desc, screen.screen_id desc
) = 1;

create temp table answered_screen as
with step as (
    select value_set, patient_id, happened_on as followed_on, if(kind = 'procedure', happened_at, null) as performed_at
    from listed_event
    where
        (
            kind = 'medication'
            and value_set like '%Depression Medications'
            and status in ('active', 'completed')
            and coalesce(intent, 'order') = 'order'
            and not coalesce(do_not_perform, false)
        )
        or (kind = 'procedure' and value_set like 'Follow Up for %' and status = 'completed')
    union all
    select listed_code.value_set, patient_id, authored_on, null
    from known_referral
    join listed_code on known_referral.service_code = listed_code.full_code
    where
        listed_code.value_set like 'Referral for %'
        and known_referral.status in ('active', 'completed')
        and not coalesce(do_not_perform, false)
)

select distinct last_screen.period_start_on, last_screen.patient_id, last_screen.screen_kind
from last_screen
join screening_visit as called
    on last_screen.period_start_on = called.period_start_on
    and last_screen.patient_id = called.patient_id
    and last_screen.screened_on >= called.started_on - cut_days('screen_days_before_visit')
    and last_screen.screened_on <= called.started_on
join step
    on last_screen.patient_id = step.patient_id
    and last_screen.screen_kind = if(step.value_set like '%Adult%', 'adult', 'adolescent')
    and step.followed_on >= called.started_on
    and step.followed_on <= least(called.ended_on + cut_days('screen_followup_days_after_visit'), called.period_end_on)
    and coalesce(step.performed_at, called.started_at) >= called.started_at
where last_screen.screen_result = 'positive';

create temp table screening_member as
with member as (
    select distinct period_start_on, patient_id
    from screening_visit
),

screened as (
    select
        last_screen.*,
        screen_result is not distinct from 'negative' or answered_screen.patient_id is not null as is_answered
    from last_screen
    left join answered_screen using (period_start_on, patient_id, screen_kind)
),

answer as (
    select
        period_start_on,
        patient_id,
        bool_or(is_answered) as is_met,
        coalesce(max(screened_on) filter (is_answered), max(screened_on)) as screened_on,
        coalesce(max(score) filter (is_answered), max(score)) as score
    from screened
    where
        (screen_kind = 'adult' and age_years >= cut('measure_adult_screen_age_years'))
        or (screen_kind = 'adolescent' and age_years <= cut('measure_adolescent_screen_max_age_years'))
    group by all
),

excepted as (
    select
        screening_visit.period_start_on,
        screening_visit.patient_id,
        max(screen.not_done_reason) as not_done_reason,
        max(screen.screened_on) as not_done_on
    from screening_visit
    join screen
        on screening_visit.patient_id = screen.patient_id
        and screen.screened_on between screening_visit.started_on and screening_visit.ended_on
    anti join screened
        on screening_visit.period_start_on = screened.period_start_on
        and screening_visit.patient_id = screened.patient_id
        and screen.screen_kind = screened.screen_kind
    where screen.not_done_reason is not null
    group by all
),

excluded as (
    select distinct screening_visit.period_start_on, screening_visit.patient_id
    from screening_visit
    join threshold as days_before
        on days_before.name = 'bipolar_days_before_visit'
        and holds(screening_visit.period_start_on, days_before.valid_from, days_before.valid_to)
    join measured_condition as bipolar
        on screening_visit.patient_id = bipolar.patient_id
        and bipolar.value_set = 'Bipolar Disorder'
        and bipolar.is_problem
        and bipolar.prevails_from <= screening_visit.started_on - days_before.value::int
),

judged as (
    select
        member.*,
        excluded.patient_id is not null as is_excluded,
        not is_excluded and coalesce(answer.is_met, false) as is_met,
        excepted.not_done_reason,
        coalesce(answer.screened_on, excepted.not_done_on) as evidence_on,
        answer.score as evidence_value
    from member
    left join excluded using (period_start_on, patient_id)
    left join answer using (period_start_on, patient_id)
    left join excepted using (period_start_on, patient_id)
)

select
    'cms2_screening_followup' as metric_id,
    period_start_on,
    patient_id,
    not is_excluded and (is_met or not_done_reason is null) as in_denominator,
    is_met as in_numerator,
    case
        when is_excluded then 'denominator_exclusion:bipolar_disorder'
        when is_met then null
        when not_done_reason = 'refused' then 'denominator_exception:patient_refused'
        when not_done_reason = 'medical' then 'denominator_exception:medical_reason'
    end as exclusion_reason,
    evidence_on,
    evidence_value
from judged;
