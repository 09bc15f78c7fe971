-- What a state asks of collaborative care: enrolment as it ends it, contacts, scores, screens, and the numbers of each month.
create temp table report_month as
select
    setting.* exclude (valid_from, valid_to, source, confidence),
    setting.valid_from as setting_from,
    period.period_start_on as month,
    period.period_end_on as month_end_on
from period
join state_report_setting as setting
    on holds(period.period_start_on, setting.valid_from, setting.valid_to)
where period.period_type = 'month';

-- Entries of a contact activity, credited or not, and finished behavioral health visits.
create temp table treatment_contact as
with happened as (
    select patient_id, activity_code, started_at, time_zone
    from entry
    where
        not is_void
        and not is_duplicate
        and activity_code in (select activity_code from activity_type where is_contact)
    union all
    select patient_id, null, started_at, time_zone
    from visit
    where service_line = 'behavioral_health' and status = 'finished'
),

dated as (
    select
        enrolled.episode_id,
        enrolled.started_on,
        enrolled.ended_on,
        happened.activity_code,
        (happened.started_at + to_seconds(coalesce(offset_utc.offset_seconds, 0)))::date as contact_on
    from happened
    join enrolled using (patient_id)
    left join offset_utc
        on coalesce(enrolled.time_zone, happened.time_zone) = offset_utc.time_zone
        and year(happened.started_at) = offset_utc.utc_year
        and happened.started_at >= offset_utc.utc_from
        and happened.started_at < offset_utc.utc_until
    where enrolled.has_force and enrolled.program in (select program from state_report_setting)
)

select distinct episode_id, contact_on, activity_code
from dated
left join activity_type using (activity_code)
where
    holds(contact_on, started_on, ended_on)
    and contact_on <= getvariable('as_of')
    and (
        activity_code is null
        or (activity_type.is_contact and holds(contact_on, activity_type.valid_from, activity_type.valid_to))
    );

-- An episode lapses so many days after a contact that no other followed in time.
create temp table state_enrolment as
with reported as (
    select
        setting.state,
        setting.valid_from as setting_from,
        setting.inactivity_days,
        setting.duration_activity_code,
        enrolled.*
    from enrolled
    join state_report_setting as setting using (program)
    where enrolled.has_force and coalesce(enrolled.ended_on >= enrolled.started_on, true)
),

followed as (
    select
        state,
        setting_from,
        episode_id,
        seen_on + inactivity_days as inactive_on,
        lead(seen_on) over (partition by state, setting_from, episode_id order by seen_on) as next_seen_on
    from (
        select state, setting_from, episode_id, inactivity_days, started_on as seen_on from reported
        union
        select state, setting_from, episode_id, inactivity_days, contact_on
        from reported
        join treatment_contact using (episode_id)
    )
),

lapsed as (
    select state, setting_from, episode_id, min(inactive_on) as inactive_on
    from followed
    where coalesce(next_seen_on > inactive_on, true)
    group by all
),

ended as (
    select reported.*, least(reported.ended_on, lapsed.inactive_on) as effective_end_on
    from reported
    join lapsed using (state, setting_from, episode_id)
),

assessed as (
    select state, setting_from, episode_id, min(contact_on) as first_assessed_on
    from ended
    join treatment_contact as met using (episode_id)
    where met.activity_code = ended.duration_activity_code and met.contact_on <= ended.effective_end_on
    group by all
)

select ended.*, coalesce(assessed.first_assessed_on, ended.started_on) as treated_from
from ended
left join assessed using (state, setting_from, episode_id);

create temp table state_score as
with own as (
    select
        enrolment.state,
        enrolment.setting_from,
        enrolment.episode_id,
        enrolment.primary_instrument,
        enrolment.started_on,
        score.assessment_id,
        score.counts_as,
        score.score,
        score.taken_at,
        if(coalesce(enrolment.time_zone, score.time_zone) = score.time_zone, score.taken_on,
            local_on(score.taken_at, enrolment.time_zone)) as day_on
    from state_enrolment as enrolment
    join scored_version as score using (patient_id)
    where
        score.status in ('final', 'amended', 'corrected')
        and score.score is not null
        and day_on between enrolment.started_on and least(enrolment.effective_end_on, getvariable('as_of'))
),

-- A mere screen is no scale that a treatment is measured by.
listed as (
    select own.*, scale.state is not null and not scale.is_symptom_scale as is_mere_screen
    from own
    left join state_report_instrument as scale
        on own.state = scale.state
        and own.counts_as = scale.instrument
        and holds(own.started_on, scale.valid_from, scale.valid_to)
),

primary_scale as (
    select
        state,
        setting_from,
        episode_id,
        any_value(coalesce(instrument.counts_as, primary_instrument)) as stated_scale,
        arg_min(
            listed.counts_as, {'day_on': day_on, 'taken_at': taken_at, 'assessment_id': assessment_id}
        ) filter (not is_mere_screen) as first_scale
    from listed
    left join assessment_instrument as instrument
        on listed.primary_instrument = instrument.instrument
        and holds(listed.started_on, instrument.valid_from, instrument.valid_to)
    group by all
)

select
    listed.state,
    listed.setting_from,
    listed.episode_id,
    listed.counts_as,
    listed.score,
    listed.day_on,
    coalesce(listed.counts_as = coalesce(stated_scale, first_scale), false) as is_primary_scale,
    row_number() over scale_in_order as score_number,
    lead(listed.day_on) over scale_in_order as next_on
from listed
join primary_scale using (state, setting_from, episode_id)
window scale_in_order as (
    partition by state, setting_from, episode_id, listed.counts_as order by day_on, taken_at, assessment_id
);

create temp table state_episode_month as
with covered as (
    select distinct enrolment.state, enrolment.setting_from, month.month, enrolment.patient_id
    from state_enrolment as enrolment
    join coverage using (patient_id)
    join payer_policy as policy using (payer_id)
    join report_month as month
        on enrolment.state = month.state
        and enrolment.setting_from = month.setting_from
        and holds(month.month, coverage.effective_from, coverage.effective_to)
        and holds(month.month, policy.valid_from, policy.valid_to)
        and lists(month.payer_classes, policy.payer_class)
),

month_of_enrolment as (
    select
        month.*,
        enrolment.* exclude (state, setting_from, inactivity_days, duration_activity_code, program),
        least(enrolment.effective_end_on, month.month_end_on) as through_on,
        month.payer_classes is null or covered.patient_id is not null as is_covered
    from report_month as month
    join state_enrolment as enrolment
        on month.state = enrolment.state
        and month.setting_from = enrolment.setting_from
        and enrolment.started_on <= month.month_end_on
        and enrolment.effective_end_on >= month.month
    left join covered
        on month.state = covered.state
        and month.setting_from = covered.setting_from
        and month.month = covered.month
        and enrolment.patient_id = covered.patient_id
),

contacted as (
    select distinct state, month, episode_id
    from month_of_enrolment
    join treatment_contact using (episode_id)
    where contact_on between month and through_on
),

scored as (
    select
        score.state,
        score.setting_from,
        date_trunc('month', score.day_on)::date as month,
        score.episode_id,
        bool_or(scale.is_symptom_scale) as has_symptom_scale,
        coalesce(bool_or(
            score.is_primary_scale
            and coalesce(date_trunc('month', score.next_on) > date_trunc('month', score.day_on), true)
            and score.score < scale.remission_below
        ), false) as is_in_remission
    from state_score as score
    join state_report_instrument as scale
        on score.state = scale.state
        and score.counts_as = scale.instrument
        and holds(date_trunc('month', score.day_on)::date, scale.valid_from, scale.valid_to)
    group by all
),

progress as (
    select
        begun.state,
        begun.setting_from,
        begun.month,
        begun.episode_id,
        coalesce(first.score >= scale.elevated_at_least, false) as is_elevated,
        coalesce(
            first.score - latest.score >= scale.improved_fraction * first.score and latest.score < first.score, false
        )
        or coalesce(first.score - latest.score >= scale.improved_points, false)
        or coalesce(latest.score < scale.improved_below, false) as is_improved
    from month_of_enrolment as begun
    join state_score as first
        on begun.state = first.state
        and begun.setting_from = first.setting_from
        and begun.episode_id = first.episode_id
        and begun.through_on >= first.day_on
        and first.is_primary_scale
        and first.score_number = 1
    join state_report_instrument as scale
        on first.state = scale.state
        and first.counts_as = scale.instrument
        and holds(begun.month, scale.valid_from, scale.valid_to)
    left join state_score as latest
        on begun.state = latest.state
        and begun.setting_from = latest.setting_from
        and begun.episode_id = latest.episode_id
        and latest.is_primary_scale
        and latest.score_number > 1
        and begun.through_on >= latest.day_on
        and begun.through_on < coalesce(latest.next_on, date '9999-12-31')
),

reviewed as (
    select distinct enrolment.state, enrolment.month, enrolment.episode_id
    from month_of_enrolment as enrolment
    join review using (patient_id)
    where
        review.recommendation is not null
        and local_on(review.reviewed_at, coalesce(enrolment.time_zone, review.time_zone))
        between enrolment.month_end_on - enrolment.review_days + 1 and enrolment.month_end_on
)

select
    enrolment.*,
    started_on >= month as is_newly_enrolled,
    effective_end_on <= month_end_on as has_ended,
    effective_end_on - treated_from as treated_days,
    contacted.episode_id is not null and coalesce(scored.has_symptom_scale, false) as has_contact_and_scale,
    coalesce(scored.is_in_remission, false) as is_in_remission,
    coalesce(progress.is_elevated, false) and through_on - started_on >= improved_min_days as is_due,
    coalesce(progress.is_improved, false) as is_improved,
    reviewed.episode_id is not null as is_reviewed
from month_of_enrolment as enrolment
left join contacted using (state, month, episode_id)
left join scored using (state, setting_from, month, episode_id)
left join progress using (state, setting_from, month, episode_id)
left join reviewed using (state, month, episode_id);
