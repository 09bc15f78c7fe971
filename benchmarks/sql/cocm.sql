-- Collaborative care patients of each period: their episode, minutes, contacts, reviews and outcome.
create temp table cocm_period as
from period
where period_type in ('month', 'quarter', 'trailing_3_months');

create temp table cocm_active as
select
    enrolled.patient_id,
    cocm_period.period_type,
    cocm_period.period_start_on,
    cocm_period.period_end_on,
    enrolled.episode_id,
    enrolled.team_id,
    enrolled.care_manager_id,
    coalesce(enrolled.ended_on <= cocm_period.period_end_on, false) as is_ended,
    least(enrolled.ended_on, cocm_period.period_end_on) as last_day_on,
    (last_day_on - enrolled.started_on)::int as days_in_treatment
from enrolled
join cocm_period
    on enrolled.started_on <= cocm_period.period_end_on
    and coalesce(enrolled.ended_on, date '9999-12-31') >= cocm_period.period_start_on
where
    enrolled.program = 'cocm'
    and enrolled.has_force
    and coalesce(enrolled.ended_on, date '9999-12-31') >= enrolled.started_on
qualify row_number() over (
    partition by enrolled.patient_id, cocm_period.period_type, cocm_period.period_start_on
    order by
        coalesce(enrolled.ended_on < cocm_period.period_end_on, false),
        enrolled.started_on desc,
        enrolled.episode_id
) = 1;

create temp table cocm_review as
with dated as (
    select
        enrolled.episode_id,
        review.outcome,
        local_on(review.reviewed_at, coalesce(enrolled.time_zone, review.time_zone)) as reviewed_on,
        local_on(review.acted_at, coalesce(enrolled.time_zone, review.time_zone)) as acted_on
    from enrolled
    join review using (patient_id)
    where enrolled.program = 'cocm' and enrolled.has_force
)

select episode_id, reviewed_on, if(outcome = 'acted', coalesce(acted_on, reviewed_on), null) as changed_on
from dated;

create temp table cocm_reviewed as
select
    patient_id,
    period_type,
    period_start_on,
    count(*) filter (reviewed_on between period_start_on and period_end_on) as case_reviews,
    max(reviewed_on) filter (reviewed_on <= period_end_on) as last_reviewed_on,
    count(*) filter (
        reviewed_on between period_end_on - cut_days('not_improved_action_days') + 1 and period_end_on
    ) > 0 as is_reviewed,
    count(*) filter (
        changed_on between period_end_on - cut_days('not_improved_action_days') + 1 and period_end_on
    ) > 0 as is_changed
from cocm_active
join cocm_review using (episode_id)
where reviewed_on <= period_end_on or changed_on <= period_end_on
group by all;

create temp table cocm_patient_period as
with billable as (
    select distinct patient_id, service_month
    from candidate
    where program = 'cocm' and procedure_code is not null
),

worked as (
    select
        patient_month.patient_id,
        cocm_period.period_type,
        cocm_period.period_start_on,
        sum(patient_month.credited_minutes) as credited_minutes,
        count(billable.patient_id) as billable_months
    from patient_month
    join cocm_period
        on patient_month.service_month between cocm_period.period_start_on and cocm_period.period_end_on
    left join billable using (patient_id, service_month)
    where patient_month.program = 'cocm'
    group by all
)

select
    cocm_active.*,
    coalesce(worked.credited_minutes, 0) as credited_minutes,
    coalesce(worked.billable_months, 0) as billable_months,
    (coalesce(worked.billable_months, 0) > 0)::int as is_billable,
    coalesce(cocm_reviewed.case_reviews, 0) as case_reviews,
    cocm_reviewed.last_reviewed_on
from cocm_active
left join worked using (patient_id, period_type, period_start_on)
left join cocm_reviewed using (patient_id, period_type, period_start_on);

-- The first score and the last one by the period's end, of those whose first is high enough to be followed.
create temp table cocm_outcome as
with measured as (
    select
        cocm_active.*,
        baseline.counts_as,
        baseline.baseline_score,
        baseline.baseline_on,
        arg_max(episode_score.score, episode_score.taken_on) as last_score,
        max(episode_score.taken_on) as last_on
    from cocm_active
    join baseline
        on cocm_active.episode_id = baseline.episode_id
        and baseline.counts_as in ('PHQ-9', 'GAD-7')
        and baseline.baseline_on <= cocm_active.period_end_on
    left join episode_score
        on baseline.episode_id = episode_score.episode_id
        and baseline.counts_as = episode_score.counts_as
        and episode_score.taken_on <= cocm_active.period_end_on
    group by all
),

followed as (
    select
        *,
        coalesce(last_score, baseline_score) as latest_score,
        coalesce(last_on, baseline_on) as latest_on,
        bool_or(counts_as = 'PHQ-9') over (partition by patient_id, period_type, period_start_on) as has_phq
    from measured
)

select
    followed.*,
    followed.counts_as = if(has_phq, 'PHQ-9', 'GAD-7') as is_measured_by,
    nullif(coverage_period.payer_id, '') as payer_id,
    (baseline_score - latest_score >= scale.response_fraction * baseline_score)::int as is_response,
    (latest_score < scale.remission_below)::int as is_remission,
    (latest_score < scale.improved_below or is_response = 1)::int as is_improved,
    coalesce(cocm_reviewed.is_reviewed, false)::int as is_reviewed,
    coalesce(cocm_reviewed.is_changed, false)::int as is_changed
from followed
join assessment_instrument as scale
    on followed.counts_as = scale.instrument and holds(followed.latest_on, scale.valid_from, scale.valid_to)
left join cocm_reviewed using (patient_id, period_type, period_start_on)
left join coverage_period
    on followed.patient_id = coverage_period.patient_id
    and followed.period_end_on >= coverage_period.valid_from
    and followed.period_end_on < coverage_period.valid_until
where baseline_score >= cut('baseline_cohort_score');

-- Episodes with a team: their first, second and last needed contact.
create temp table cocm_engaged as
select
    enrolled.episode_id,
    enrolled.patient_id,
    enrolled.team_id,
    enrolled.started_on,
    min(contact_on) filter (contact_number = 1) as first_on,
    min(contact_on) filter (contact_number = 2) as second_on,
    min(contact_on) filter (contact_number = cut('minimum_contacts')) as engaged_on
from enrolled
left join contact on enrolled.episode_id = contact.episode_id and contact.program = 'cocm'
where enrolled.program = 'cocm' and enrolled.has_force and enrolled.team_id is not null
group by all;

create temp table cocm_referral as
select
    known_referral.referral_id,
    enrolled.patient_id,
    enrolled.team_id,
    contact.contact_on,
    (contact.contact_on - known_referral.authored_on)::int as days_to_contact
from known_referral
join enrolled
    on known_referral.referral_id = enrolled.referral_id
    and enrolled.program = 'cocm'
    and enrolled.has_force
    and enrolled.team_id is not null
join contact
    on enrolled.episode_id = contact.episode_id
    and contact.program = 'cocm'
    and contact.contact_on >= known_referral.authored_on
where known_referral.status <> 'draft'
qualify row_number() over (
    partition by known_referral.referral_id order by contact_on, enrolled.episode_id, contact_number
) = 1;
