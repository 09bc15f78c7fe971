-- The caseload: every episode in force with its scores, contacts, reviews and flags; whom to discuss; open steps.
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
    join episode_score as score using (episode_id)
    where enrolled.is_in_force
    group by all
),

first_score as (
    select
        episode_id,
        any_value(baseline_score) filter (counts_as = 'PHQ-9') as first_phq9,
        any_value(baseline_on) filter (counts_as = 'PHQ-9') as first_phq9_on,
        any_value(baseline_item9_score) filter (counts_as = 'PHQ-9') as first_item9_score,
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
        acted_at is null and outcome is null and coalesce(recommendation, 'continue') <> 'continue' as is_open
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
        scale.last_score_on,
        scale.score_history,
        first_score.first_phq9,
        first_score.first_phq9_on,
        coalesce(scale.latest_phq9, first_score.first_phq9) as latest_phq9,
        coalesce(scale.latest_phq9_on, first_score.first_phq9_on) as latest_phq9_on,
        if(scale.latest_phq9_on is null, first_score.first_item9_score, scale.latest_item9_score) as latest_item9_score,
        first_score.first_gad7,
        first_score.first_gad7_on,
        coalesce(scale.latest_gad7, first_score.first_gad7) as latest_gad7,
        coalesce(scale.latest_gad7_on, first_score.first_gad7_on) as latest_gad7_on,
        if(first_score.first_phq9 is null, 'GAD-7', 'PHQ-9') as measured_by,
        contacted.last_contact_on,
        coalesce(contacted.recent_contacts, 0) as recent_contacts,
        last_review.last_case_review_on,
        last_review.oldest_open_recommendation_on,
        (getvariable('as_of') - enrolled.started_on)::int as days_in_treatment,
        (last_contact_on + if(
            phase is not distinct from 'relapse_prevention',
            cut_days('followup_due_days_relapse_prevention'),
            cut_days('followup_due_days_active_treatment')
        )) as followup_due_on,
        coalesce(patient_month.credited_minutes, 0) as credited_minutes_this_month,
        patient_month.minutes_to_next_tier,
        patient_month.next_tier_amount_usd
    from enrolled
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
    left join episode_score as latest
        on treated.episode_id = latest.episode_id
        and treated.measured_by = latest.counts_as
        and latest.latest_rank = 1
    left join episode_score as earlier
        on treated.episode_id = earlier.episode_id
        and treated.measured_by = earlier.counts_as
        and earlier.latest_rank = 2
    left join assessment_instrument as scale
        on treated.measured_by = scale.instrument
        and holds(getvariable('as_of'), scale.valid_from, scale.valid_to)
),

raised as (
    select
        judged.*,
        {
            'new_unreviewed': last_case_review_on is null,
            'no_contact_28_days': coalesce(getvariable('as_of') - last_contact_on, days_in_treatment)
            >= cut_days('no_contact_days'),
            'no_score_30_days': coalesce(getvariable('as_of') - last_score_on, days_in_treatment)
            >= cut_days('no_score_days'),
            'not_improving': not_improved,
            'ready_for_relapse_prevention': coalesce(is_remission, false) or coalesce(is_response_twice, false),
            'review_overdue': (not_improved or coalesce(baseline_score >= cut('baseline_severe_score'), false))
            and coalesce(getvariable('as_of') - last_case_review_on >= cut_days('review_overdue_days'), true),
            'safety_item': coalesce(latest_item9_score > cut('safety_item_score'), false),
            'stalled_recommendation': coalesce(
                getvariable('as_of') - oldest_open_recommendation_on >= cut_days('stalled_recommendation_days'), false
            )
        } as flag
    from judged
),

named as (
    select program.program, list(registry_flag.flag) as flags
    from (values ('cocm'), ('bhi'), ('pcbh')) as program(program)
    join registry_flag
        on lists(registry_flag.programs, program.program)
        and holds(getvariable('as_of'), registry_flag.valid_from, registry_flag.valid_to)
    group by all
)

select raised.* exclude (flag), struct_pack(
    new_unreviewed := flag.new_unreviewed and list_contains(coalesce(named.flags, []), 'new_unreviewed'),
    no_contact_28_days := flag.no_contact_28_days and list_contains(coalesce(named.flags, []), 'no_contact_28_days'),
    no_score_30_days := flag.no_score_30_days and list_contains(coalesce(named.flags, []), 'no_score_30_days'),
    not_improving := flag.not_improving and list_contains(coalesce(named.flags, []), 'not_improving'),
    ready_for_relapse_prevention := flag.ready_for_relapse_prevention
    and list_contains(coalesce(named.flags, []), 'ready_for_relapse_prevention'),
    review_overdue := flag.review_overdue and list_contains(coalesce(named.flags, []), 'review_overdue'),
    safety_item := flag.safety_item and list_contains(coalesce(named.flags, []), 'safety_item'),
    stalled_recommendation := flag.stalled_recommendation
    and list_contains(coalesce(named.flags, []), 'stalled_recommendation')
) as flag
from raised
left join named using (program);

create table rpt_caseload_registry as
select
    episode_id,
    patient_id,
    care_manager_id,
    pcp_id,
    team_id,
    psychiatric_consultant_id,
    program,
    phase,
    started_on,
    days_in_treatment // 7 as weeks_in_treatment,
    first_phq9::int as first_phq9,
    first_phq9_on,
    latest_phq9::int as latest_phq9,
    latest_phq9_on,
    (latest_phq9 - first_phq9)::int as phq9_change_points,
    (latest_phq9 - first_phq9)::double / nullif(first_phq9, 0) as phq9_change_fraction,
    first_gad7::int as first_gad7,
    first_gad7_on,
    latest_gad7::int as latest_gad7,
    latest_gad7_on,
    (latest_gad7 - first_gad7)::int as gad7_change_points,
    (latest_gad7 - first_gad7)::double / nullif(first_gad7, 0) as gad7_change_fraction,
    score_history,
    is_response,
    is_remission,
    last_contact_on,
    recent_contacts,
    followup_due_on,
    greatest(coalesce(getvariable('as_of') - followup_due_on, 0), 0)::int as days_overdue,
    last_case_review_on,
    (getvariable('as_of') - last_case_review_on)::int as days_since_case_review,
    latest_item9_score::int as latest_item9_score,
    relapse_prevention_plan_on,
    nullif(array_to_string([
        if(flag.new_unreviewed, 'new_unreviewed', null), if(flag.no_contact_28_days, 'no_contact_28_days', null),
        if(flag.no_score_30_days, 'no_score_30_days', null), if(flag.not_improving, 'not_improving', null),
        if(flag.ready_for_relapse_prevention, 'ready_for_relapse_prevention', null),
        if(flag.review_overdue, 'review_overdue', null), if(flag.safety_item, 'safety_item', null),
        if(flag.stalled_recommendation, 'stalled_recommendation', null)
    ], ';'), '') as flags,
    unnest(flag),
    credited_minutes_this_month,
    minutes_to_next_tier,
    next_tier_amount_usd
from caseload;

create table rpt_case_review_queue as
with reason as (
    select
        registry.episode_id,
        sum(registry_flag.review_weight)::int as review_score,
        string_agg(
            registry_flag.reason || ' (' || registry_flag.review_weight || ')', '; '
            order by registry_flag.review_weight desc, registry_flag.flag
        ) as reasons
    from (select episode_id, unnest(string_split(flags, ';')) as flag from rpt_caseload_registry) as registry
    join registry_flag
        on registry.flag = registry_flag.flag
        and registry_flag.review_weight > 0
        and holds(getvariable('as_of'), registry_flag.valid_from, registry_flag.valid_to)
    group by all
)

select
    episode_id,
    patient_id,
    psychiatric_consultant_id,
    care_manager_id,
    pcp_id,
    team_id,
    program,
    row_number() over (
        partition by psychiatric_consultant_id
        order by review_score desc, last_case_review_on nulls first, days_in_treatment desc, episode_id
    )::int as queue_rank,
    review_score,
    reasons,
    last_case_review_on,
    (getvariable('as_of') - last_case_review_on)::int as days_since_case_review,
    days_in_treatment
from caseload
join reason using (episode_id)
where program = 'cocm' or (program = 'bhi' and psychiatric_consultant_id is not null);

-- A review belongs to the episode in force on its day: cocm before bhi, then the latest start.
create table rpt_communication_loop as
with paired as (
    select
        review.review_id,
        enrolled.episode_id,
        enrolled.team_id,
        coalesce(enrolled.time_zone, review.time_zone) as local_zone
    from review
    join enrolled using (patient_id)
    where
        enrolled.has_force
        and enrolled.program in ('cocm', 'bhi')
        and holds(local_on(review.reviewed_at, coalesce(enrolled.time_zone, review.time_zone)), started_on, ended_on)
    qualify row_number() over (
        partition by review.review_id order by program_precedence, started_on desc, enrolled.episode_id
    ) = 1
),

dated as (
    select
        review.* exclude (outcome),
        paired.episode_id,
        paired.team_id,
        local_on(reviewed_at, coalesce(local_zone, time_zone)) as reviewed_on,
        local_on(communicated_at, coalesce(local_zone, time_zone)) as told_on,
        local_on(acted_at, coalesce(local_zone, time_zone)) as act_on,
        if(told_on <= getvariable('as_of'), told_on, null) as communicated_on,
        if(act_on <= getvariable('as_of'), act_on, null) as acted_on,
        if(coalesce(act_on <= getvariable('as_of'), true), review.outcome, null) as outcome
    from review
    left join paired using (review_id)
    where reviewed_on <= getvariable('as_of')
)

select
    review_id,
    patient_id,
    episode_id,
    team_id,
    psychiatric_consultant_id,
    care_manager_id,
    recommendation,
    reviewed_on,
    communicated_on,
    acted_on,
    outcome,
    case
        when coalesce(recommendation, 'continue') = 'continue' then 'no_change'
        when outcome = 'declined' then 'declined'
        when outcome = 'acted' or acted_on is not null then 'acted'
        when communicated_on is not null then 'told'
        else 'not_told'
    end as state,
    case state
        when 'not_told' then getvariable('as_of') - reviewed_on
        when 'told' then getvariable('as_of') - communicated_on
    end::int as days_open,
    (getvariable('as_of') - reviewed_on)::int as days_since_review,
    (communicated_on - reviewed_on)::int as days_to_communicated,
    (acted_on - communicated_on)::int as days_from_communicated_to_acted
from dated;
