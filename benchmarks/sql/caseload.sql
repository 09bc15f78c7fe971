-- Every episode in force with its scores, contacts, reviews and the flags that they raise.
-- They are shown with all scores of their patient since their own baseline, one a day and scale, numbered from the last.
create temp table registry_score as
select *, row_number() over (partition by episode_id, counts_as order by taken_on desc) as latest_rank
from (
    select
        enrolled.episode_id,
        score.* exclude (episode_id, baseline_score, is_response),
        baseline.baseline_score,
        (baseline.baseline_score - score.score)::double / nullif(baseline.baseline_score, 0)
        >= scale.response_fraction as is_response
    from enrolled
    join baseline using (episode_id)
    join fct_assessment as score
        on enrolled.patient_id = score.patient_id
        and baseline.counts_as = score.counts_as
        and (score.taken_on >= baseline.baseline_on or score.assessment_id = baseline.baseline_assessment_id)
    left join assessment_instrument as scale
        on score.instrument = scale.instrument and holds(score.taken_on, scale.valid_from, scale.valid_to)
    where enrolled.is_in_force and score.taken_on <= getvariable('as_of')
    qualify row_number() over (
        partition by enrolled.episode_id, score.counts_as, score.taken_on
        order by score.taken_at desc, score.assessment_id desc
    ) = 1
);

create temp table caseload as
with scale as (
    select
        enrolled.episode_id,
        count(score.assessment_id) as scores,
        max(score.taken_on) as last_score_on,
        any_value(score.score) filter (score.counts_as = 'PHQ-9' and latest_rank = 1) as latest_phq9,
        any_value(score.taken_on) filter (score.counts_as = 'PHQ-9' and latest_rank = 1) as latest_phq9_on,
        any_value(score.item9_score) filter (score.counts_as = 'PHQ-9' and latest_rank = 1) as latest_item9_score,
        any_value(score.score) filter (score.counts_as = 'GAD-7' and latest_rank = 1) as latest_gad7,
        any_value(score.taken_on) filter (score.counts_as = 'GAD-7' and latest_rank = 1) as latest_gad7_on,
        string_agg(taken_on || ' ' || counts_as || ' ' || score, ';' order by taken_on, counts_as) as score_history
    from enrolled
    join registry_score as score using (episode_id)
    where enrolled.is_in_force
    group by all
),

first_score as (
    select
        episode_id,
        any_value(baseline_score) filter (counts_as = 'PHQ-9') as first_phq9,
        any_value(baseline_on) filter (counts_as = 'PHQ-9') as first_phq9_on,
        any_value(baseline_score) filter (counts_as = 'GAD-7') as first_gad7,
        any_value(baseline_on) filter (counts_as = 'GAD-7') as first_gad7_on
    from baseline
    group by all
),

contacted as (
    select
        episode_id,
        max(last_on) as last_contact_on,
        count(*) filter (last_on > getvariable('as_of') - cut_days('recent_contact_days'))::int as recent_contacts
    from contact
    group by all
),

reviewed as (
    select
        enrolled.episode_id,
        local_on(review.reviewed_at, coalesce(enrolled.time_zone, review.time_zone)) as reviewed_on,
        local_on(review.acted_at, coalesce(enrolled.time_zone, review.time_zone)) as act_on,
        coalesce(act_on > getvariable('as_of'), outcome is null) and coalesce(recommendation, 'continue') <> 'continue'
            as is_open
    from enrolled
    join review using (patient_id)
    where enrolled.is_in_force and reviewed_on >= enrolled.started_on and reviewed_on <= getvariable('as_of')
),

last_review as (
    select
        episode_id,
        max(reviewed_on) as last_case_review_on,
        min(reviewed_on) filter (is_open) as oldest_open_recommendation_on
    from reviewed
    group by all
),

treated as (
    select
        enrolled.*,
        panel_period.pcp_id,
        if(patient.deceased_on <= getvariable('as_of'), patient.deceased_on, null) as deceased_on,
        scale.last_score_on,
        scale.score_history,
        first_score.first_phq9,
        first_score.first_phq9_on,
        scale.latest_phq9,
        scale.latest_phq9_on,
        scale.latest_item9_score,
        first_score.first_gad7,
        first_score.first_gad7_on,
        scale.latest_gad7,
        scale.latest_gad7_on,
        if(first_score.first_phq9 is null, 'GAD-7', 'PHQ-9') as measured_by,
        contacted.last_contact_on,
        coalesce(contacted.recent_contacts, 0) as recent_contacts,
        last_review.last_case_review_on,
        last_review.oldest_open_recommendation_on,
        (getvariable('as_of') - enrolled.started_on)::int as days_in_treatment,
        if(patient.deceased_on <= getvariable('as_of'), null, last_contact_on + if(
            phase is not distinct from 'relapse_prevention',
            cut_days('followup_due_days_relapse_prevention'),
            cut_days('followup_due_days_active_treatment')
        )) as followup_due_on,
        coalesce(patient_month.credited_minutes, 0) as credited_minutes_this_month,
        patient_month.minutes_to_next_tier,
        patient_month.next_tier_amount_usd
    from enrolled
    left join patient using (patient_id)
    left join panel_period
        on enrolled.patient_id = panel_period.patient_id
        and panel_period.valid_from <= getvariable('as_of')
        and panel_period.valid_until > getvariable('as_of')
    left join scale using (episode_id)
    left join first_score using (episode_id)
    left join contacted using (episode_id)
    left join last_review using (episode_id)
    left join patient_month
        on enrolled.patient_id = patient_month.patient_id
        and enrolled.program = patient_month.program
        and patient_month.service_month = date_trunc('month', getvariable('as_of'))
    where enrolled.is_in_force
),

judged as (
    select
        treated.*,
        latest.is_response,
        latest.is_remission,
        latest.baseline_score,
        latest.is_response and earlier.is_response as is_response_twice,
        days_in_treatment >= cut_days('not_improving_days')
        and not coalesce(latest.is_response or latest.score < scale.improved_below, false) as not_improved
    from treated
    left join registry_score as latest
        on treated.episode_id = latest.episode_id
        and treated.measured_by = latest.counts_as
        and latest.latest_rank = 1
    left join registry_score as earlier
        on treated.episode_id = earlier.episode_id
        and treated.measured_by = earlier.counts_as
        and earlier.latest_rank = 2
    left join assessment_instrument as scale
        on treated.measured_by = scale.instrument
        and holds(getvariable('as_of'), scale.valid_from, scale.valid_to)
),

named as (
    select program.program, list(registry_flag.flag) as flags
    from (values ('cocm'), ('bhi'), ('pcbh')) as program(program)
    join registry_flag
        on lists(registry_flag.programs, program.program)
        and holds(getvariable('as_of'), registry_flag.valid_from, registry_flag.valid_to)
    group by all
),

asked as (
    select judged.*, if(deceased_on is null, coalesce(named.flags, []), []) as asked_flags
    from judged
    left join named using (program)
)

select
    * exclude (asked_flags),
    {
        'new_unreviewed': 'new_unreviewed' in asked_flags and last_case_review_on is null,
        'no_contact_28_days': 'no_contact_28_days' in asked_flags
        and coalesce(getvariable('as_of') - last_contact_on, days_in_treatment) >= cut_days('no_contact_days'),
        'no_score_30_days': 'no_score_30_days' in asked_flags
        and coalesce(getvariable('as_of') - last_score_on, days_in_treatment) >= cut_days('no_score_days'),
        'not_improving': 'not_improving' in asked_flags and not_improved,
        'ready_for_relapse_prevention': 'ready_for_relapse_prevention' in asked_flags
        and (coalesce(is_remission, false) or coalesce(is_response_twice, false)),
        'review_overdue': 'review_overdue' in asked_flags
        and (not_improved or coalesce(baseline_score >= cut('baseline_severe_score'), false))
        and coalesce(getvariable('as_of') - last_case_review_on >= cut_days('review_overdue_days'), true),
        'safety_item': 'safety_item' in asked_flags
        and coalesce(latest_item9_score > cut('safety_item_score'), false),
        'stalled_recommendation': 'stalled_recommendation' in asked_flags
        and coalesce(
            getvariable('as_of') - oldest_open_recommendation_on >= cut_days('stalled_recommendation_days'), false
        )
    } as flag
from asked;
