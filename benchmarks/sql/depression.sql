-- Depression at 12 months and at 120 to 240 days: the index score, what excludes, and the score that decides.
create temp table phq9 as
select fct_assessment.*, scored_version.taken_on as own_on, remission_below, response_fraction
from fct_assessment
join scored_version using (assessment_id)
where fct_assessment.instrument in (
    select code from listed_code where value_set = 'PHQ 9 and PHQ 9M Tools' and code_system = 'instrument'
);

create temp table depression as
from measured_condition
where value_set in ('Major Depression Including Remission', 'Dysthymia');

create temp table cohort as
with intake as (
    select
        period_start_on,
        (period_start_on - to_months(cut_days('remission_intake_months_before')))::date as remission_from,
        (period_start_on - to_months(cut_days('remission_intake_until_months_before')))::date as remission_until,
        (period_start_on - to_months(cut_days('depression_intake_months_before')))::date as followup_from,
        (period_start_on + to_months(cut_days('depression_intake_months_into')))::date as followup_until
    from measured_year
),

high as (
    from phq9
    where score > cut('index_score_above')
),

at_visit as (
    select intake.period_start_on, intake.remission_from as searched_from, high.*
    from high
    join measured_visit as seen
        on high.patient_id = seen.patient_id
        and seen.value_set = 'Contact or Office Visit'
        and seen.status = 'finished'
        and high.own_on <= seen.ended_on
        and high.own_on >= seen.started_on - cut_days('remission_index_days_before_visit')
    join depression
        on seen.patient_id = depression.patient_id
        and depression.is_confirmed_active
        and seen.ended_on >= depression.prevails_from
        and seen.started_on <= depression.prevails_until
    join intake on seen.ended_on >= intake.remission_from and seen.ended_on < intake.remission_until
    qualify row_number() over (
        partition by intake.period_start_on, high.patient_id order by high.taken_at, high.assessment_id
    ) = 1
),

near_visit as (
    select intake.period_start_on, intake.followup_from as searched_from, high.*
    from high
    join intake on high.own_on >= intake.followup_from and high.own_on < intake.followup_until
    semi join (
        select
            visit.patient_id,
            visit.started_on - cut_days('depression_index_days_of_visit') as index_from,
            coalesce(visit.ended_on, visit.started_on) + cut_days('depression_index_days_of_visit') as index_until
        from visit
        join depression
            on visit.patient_id = depression.patient_id
            and depression.is_taken_as_active
            and coalesce(visit.ended_on, visit.started_on) >= depression.prevails_from
            and visit.started_on <= depression.prevails_until
        where visit.status = 'finished'
    ) as seen
        on high.patient_id = seen.patient_id and high.own_on >= seen.index_from and high.own_on <= seen.index_until
    qualify row_number() over (
        partition by intake.period_start_on, high.patient_id order by high.taken_at, high.assessment_id
    ) = 1
),

opened as (
    select
        'remission' as measure, *,
        (own_on + to_months(cut_days('remission_followup_months')))::date as year_after_on,
        year_after_on - cut_days('remission_followup_days') as decided_from,
        year_after_on + cut_days('remission_followup_days') as decided_until
    from at_visit
    union all
    select
        'followup', *, null,
        own_on + cut_days('depression_followup_from_days'),
        own_on + cut_days('depression_followup_until_days')
    from near_visit
)

select measure, period_start_on, patient_id, own_on as index_on, score as index_score, searched_from, decided_from, decided_until
from opened
join patient using (patient_id)
where years_of_age(patient.birth_date, own_on) >= cut('measure_min_age_years');

create temp table care_shown as
select patient_id, 'hospice' as care, ended_on as shown_from, ended_on as shown_until
from measured_visit
join listed_code on discharge_disposition = listed_code.full_code and listed_code.value_set = 'Hospice Discharge'
where measured_visit.value_set = 'Encounter Inpatient' and status = 'finished'
union all
select patient_id, if(value_set = 'Hospice Encounter', 'hospice', 'palliative_care'), started_on, ended_on
from measured_visit
where
    (value_set = 'Hospice Encounter' and status not in ('cancelled', 'noshow', 'entered-in-error'))
    or (value_set = 'Palliative Care Encounter' and status = 'finished')
union all
select patient_id, if(value_set like 'Hospice%', 'hospice', 'palliative_care'), happened_on, over_on
from listed_event
where
    (
        kind = 'observation'
        and status in ('final', 'amended', 'corrected')
        and (
            value_set = 'Palliative Care Assessment'
            or (
                value_set = 'Hospice Assessment'
                and value_code in (select full_code from listed_code where value_set = 'Hospice Assessment Yes')
            )
        )
    )
    or (
        kind = 'procedure'
        and value_set in ('Hospice Care Ambulatory', 'Palliative Care Intervention')
        and status not in ('not-done', 'entered-in-error')
        and (status <> 'ordered' or value_set = 'Hospice Care Ambulatory')
    )
union all
select patient_id, 'hospice', authored_on, authored_on
from known_referral
join listed_code on service_code = listed_code.full_code and listed_code.value_set = 'Hospice Care Ambulatory'
where
    status in ('active', 'completed')
    and coalesce(intent, 'order') = 'order'
    and not coalesce(do_not_perform, false)
union all
select patient_id, if(value_set = 'Hospice Diagnosis', 'hospice', 'palliative_care'), prevails_from, prevails_until
from measured_condition
where value_set in ('Hospice Diagnosis', 'Palliative Care Diagnosis') and is_confirmed_active;

create temp table depression_member as
with reason as (
    select cohort.measure, cohort.period_start_on, cohort.patient_id, care as exclusion, if(care = 'hospice', 1, 2) as place
    from cohort
    join care_shown
        on cohort.patient_id = care_shown.patient_id
        and care_shown.shown_from <= cohort.decided_until
        and care_shown.shown_until >= cohort.searched_from
    union all
    select cohort.measure, cohort.period_start_on, cohort.patient_id, 'death', 3
    from cohort
    join patient on cohort.patient_id = patient.patient_id and patient.deceased_on <= cohort.decided_until
    union all
    select cohort.measure, cohort.period_start_on, cohort.patient_id, named.exclusion, named.place
    from cohort
    join measured_condition as diagnosed
        on cohort.patient_id = diagnosed.patient_id
        and diagnosed.is_confirmed_active
        and diagnosed.prevails_from <= cohort.decided_until
    join (
        values
            ('Bipolar Disorder', 'bipolar_disorder', 4),
            ('Personality Disorder Emotionally Labile', 'personality_disorder', 5),
            ('Schizophrenia or Psychotic Disorder', 'psychotic_disorder', 6),
            ('Pervasive Developmental Disorder', 'pervasive_developmental_disorder', 7)
    ) as named(value_set, exclusion, place) using (value_set)
),

excluded as (
    select measure, period_start_on, patient_id, arg_min(exclusion, place) as exclusion
    from reason
    group by all
),

deciding as (
    select
        cohort.measure,
        cohort.period_start_on,
        cohort.patient_id,
        phq9.own_on,
        phq9.score,
        phq9.score < phq9.remission_below as is_remission,
        phq9.score <= cohort.index_score * (1 - phq9.response_fraction) as is_response
    from cohort
    join phq9
        on cohort.patient_id = phq9.patient_id
        and phq9.own_on between cohort.decided_from and cohort.decided_until
    qualify row_number() over (
        partition by cohort.measure, cohort.period_start_on, cohort.patient_id
        order by phq9.taken_at desc, phq9.assessment_id desc
    ) = 1
)

select
    metric.metric_id,
    cohort.period_start_on,
    cohort.patient_id,
    excluded.exclusion is null as in_denominator,
    in_denominator and coalesce(
        case metric.met_by when 'score' then deciding.patient_id is not null when 'remission' then is_remission else is_response end,
        false
    ) as in_numerator,
    'denominator_exclusion:' || excluded.exclusion as exclusion_reason,
    coalesce(deciding.own_on, cohort.index_on) as evidence_on,
    coalesce(deciding.score, cohort.index_score) as evidence_value
from cohort
join (
    values
        ('remission', 'cms159_depression_remission_12_months', 'remission'),
        ('followup', 'depression_followup_120_240_days', 'score'),
        ('followup', 'depression_remission_120_240_days', 'remission'),
        ('followup', 'depression_response_120_240_days', 'response')
) as metric(measure, metric_id, met_by) using (measure)
left join excluded using (measure, period_start_on, patient_id)
left join deciding using (measure, period_start_on, patient_id);

insert into fct_metric_member
with member as (
    from screening_member
    union all
    from depression_member
),

placed as (
    select 'organization' as entity_type, 'organization' as entity_id, * from member
    union all
    select 'team', panel_period.team_id, member.*
    from member
    join measured_year using (period_start_on)
    join panel_period
        on member.patient_id = panel_period.patient_id
        and measured_year.period_end_on >= panel_period.valid_from
        and measured_year.period_end_on < panel_period.valid_until
    where panel_period.team_id is not null
)

select
    metric_id, entity_type, entity_id, 'year', period_start_on, patient_id,
    in_denominator, in_numerator, in_denominator::int, in_numerator::int, exclusion_reason, evidence_on, evidence_value
from placed;
