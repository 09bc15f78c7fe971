-- The registry, whom to discuss next with the consultant and why, and the open steps of each recommendation.
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
    next_tier_amount_usd,
    deceased_on
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
