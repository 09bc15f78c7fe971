-- A patient's month in a program: its seconds, its episode, its policy and its place in the chain of months.
create temp table month_seconds as
select
    patient_id,
    program,
    service_month,
    coalesce(sum(seconds) filter (disposition = 'credited'), 0)::bigint as credited_seconds,
    coalesce(sum(seconds) filter (disposition <> 'credited'), 0)::bigint as uncredited_seconds,
    (count(distinct entry_id) filter (disposition = 'credited' and is_contact))::int as contacts,
    min(started_at) filter (disposition = 'credited') as first_credited_at,
    min(service_on) filter (disposition = 'credited') as first_credited_on,
    min(coalesce(payer_id, '')) filter (disposition = 'credited') as lowest_payer_id,
    max(coalesce(payer_id, '')) filter (disposition = 'credited') as highest_payer_id,
    coalesce(sum(seconds) filter (disposition = 'voided'), 0)::bigint as voided_seconds,
    coalesce(sum(seconds) filter (disposition = 'duplicate'), 0)::bigint as duplicate_seconds,
    coalesce(sum(seconds) filter (disposition = 'future_dated'), 0)::bigint as future_dated_seconds,
    coalesce(sum(seconds) filter (disposition = 'unknown_patient'), 0)::bigint as unknown_patient_seconds,
    coalesce(sum(seconds) filter (disposition = 'unknown_staff'), 0)::bigint as unknown_staff_seconds,
    coalesce(sum(seconds) filter (disposition = 'no_episode'), 0)::bigint as no_episode_seconds,
    coalesce(sum(seconds) filter (disposition = 'after_death'), 0)::bigint as after_death_seconds,
    coalesce(sum(seconds) filter (disposition = 'outside_consent'), 0)::bigint as outside_consent_seconds,
    coalesce(sum(seconds) filter (disposition = 'unqualified_staff'), 0)::bigint as unqualified_staff_seconds,
    coalesce(sum(seconds) filter (disposition = 'not_countable_activity'), 0)::bigint as not_countable_activity_seconds,
    coalesce(sum(seconds) filter (disposition = 'billed_separately'), 0)::bigint as billed_separately_seconds,
    coalesce(sum(seconds) filter (disposition = 'facility_stay'), 0)::bigint as facility_stay_seconds,
    coalesce(sum(seconds) filter (disposition = 'staff_overlap'), 0)::bigint as staff_overlap_seconds,
    coalesce(sum(seconds) filter (disposition = 'patient_overlap'), 0)::bigint as patient_overlap_seconds,
    coalesce(sum(credited) filter (staff_role = 'pcp'), 0)::bigint as credited_pcp_seconds,
    coalesce(sum(credited) filter (staff_role = 'bhc'), 0)::bigint as credited_bhc_seconds,
    coalesce(sum(credited) filter (staff_role = 'care_manager'), 0)::bigint as credited_care_manager_seconds,
    coalesce(sum(credited) filter (staff_role = 'psychiatric_consultant'), 0)::bigint as credited_psychiatric_consultant_seconds,
    coalesce(sum(credited) filter (staff_role = 'nurse'), 0)::bigint as credited_nurse_seconds,
    coalesce(sum(credited) filter (staff_role = 'administrator'), 0)::bigint as credited_administrator_seconds,
    coalesce(sum(credited) filter (staff_role = 'other'), 0)::bigint as credited_other_seconds,
    coalesce(sum(credited) filter (activity_class = 'contact'), 0)::bigint as credited_contact_seconds,
    coalesce(sum(credited) filter (activity_class = 'planning'), 0)::bigint as credited_planning_seconds,
    coalesce(sum(credited) filter (activity_class = 'coordination'), 0)::bigint as credited_coordination_seconds,
    coalesce(sum(credited) filter (activity_class = 'consultation'), 0)::bigint as credited_consultation_seconds,
    coalesce(sum(credited) filter (activity_class = 'registry'), 0)::bigint as credited_registry_seconds,
    coalesce(sum(credited) filter (activity_class = 'documentation'), 0)::bigint as credited_documentation_seconds
from (
    select segment.*, activity_type.activity_class, activity_type.is_contact, if(disposition = 'credited', seconds, 0) as credited
    from segment
    left join activity_type
        on segment.activity_code = activity_type.activity_code
        and segment.service_on
        between coalesce(activity_type.valid_from, date '1000-01-01') and coalesce(activity_type.valid_to, date '9999-12-31')
    where program is not null
)
group by patient_id, program, service_month;

create temp table month_of_program as
with calendar_month as (
    select month_start_on::date as service_month, last_day(month_start_on) as month_end_on
    from range(
        (select date_trunc('month', min(started_on)) from enrolment),
        getvariable('as_of')::timestamp + interval 1 day,
        interval 1 month
    ) as calendar(month_start_on)
),

of_episode as (
    select
        enrolment.*,
        calendar_month.*,
        min(enrolment.started_on) over (
            partition by enrolment.patient_id, enrolment.program, calendar_month.service_month
        ) as first_started_on
    from enrolment
    join calendar_month
        on enrolment.started_on <= calendar_month.month_end_on
        and enrolment.last_day_on >= calendar_month.service_month
    where enrolment.precedence is not null
    qualify row_number() over (
        partition by enrolment.patient_id, enrolment.program, calendar_month.service_month
        order by enrolment.started_on desc, enrolment.episode_id
    ) = 1
),

dated as (
    select
        of_episode.*,
        month_seconds.* exclude (patient_id, program, service_month, credited_seconds, uncredited_seconds, contacts),
        coalesce(month_seconds.credited_seconds, 0) as credited_seconds,
        coalesce(month_seconds.uncredited_seconds, 0) as uncredited_seconds,
        coalesce(month_seconds.contacts, 0) as contacts,
        (coalesce(month_seconds.credited_seconds, 0) // 60)::int as credited_minutes,
        latest_patient.birth_date,
        least(latest_patient.deceased_on, of_episode.month_end_on) as date_of_service
    from of_episode
    left join month_seconds using (patient_id, program, service_month)
    left join latest_patient using (patient_id)
    where of_episode.first_started_on <= getvariable('as_of') or month_seconds.patient_id is not null
),

governed as (
    select
        dated.*,
        coverage_period.payer_id,
        coverage_period.coverage_id,
        latest_team.facility_type,
        coalesce(own_policy.policy_version, default_policy.policy_version) as policy_version
    from dated
    left join coverage_period
        on dated.patient_id = coverage_period.patient_id
        and dated.date_of_service >= coverage_period.valid_from
        and dated.date_of_service < coverage_period.valid_until
    left join payer_policy as own_policy
        on coverage_period.payer_id = own_policy.payer_id
        and dated.date_of_service >= own_policy.in_force_from
        and dated.date_of_service < own_policy.in_force_until
    join payer_policy as default_policy
        on default_policy.payer_id = 'default'
        and dated.date_of_service >= default_policy.in_force_from
        and dated.date_of_service < default_policy.in_force_until
    left join latest_team on dated.team_id = latest_team.team_id
),

preceded as (
    select
        governed.*,
        policy.* exclude (policy_version, payer_id),
        max(if(credited_seconds > 0, service_month, null)) over (
            chain_order rows between unbounded preceding and 1 preceding
        ) as last_credited_month,
        if(
            last_credited_month is null
            or date_diff('month', last_credited_month, service_month) - 1 >= episode_gap_months,
            'initial', 'subsequent'
        ) as type_if_credited,
        if(program = 'cocm', fqhc_rhc_rule_cocm, fqhc_rhc_rule_bhi) as health_center_rule
    from governed
    join payer_policy as policy using (policy_version)
    window chain_order as (partition by patient_id, program order by service_month)
),

apcm_enrolled as (
    select distinct preceded.patient_id, preceded.date_of_service
    from preceded
    join enrolment
        on preceded.patient_id = enrolment.patient_id
        and enrolment.program = 'apcm'
        and preceded.date_of_service between enrolment.started_on and enrolment.last_day_on
),

chained as (
    select
        preceded.*,
        case
            when facility_type in ('fqhc', 'rhc') and health_center_rule <> 'component' then health_center_rule
            when apcm_enrolled.patient_id is not null and takes_apcm_addons then 'apcm'
            else 'component'
        end as code_path,
        sum((credited_seconds > 0 and type_if_credited = 'initial')::int) over (
            partition by preceded.patient_id, program order by service_month
        ) as chain_number
    from preceded
    left join apcm_enrolled
        on preceded.patient_id = apcm_enrolled.patient_id and preceded.date_of_service = apcm_enrolled.date_of_service
)

select
    *,
    if(credited_seconds > 0, type_if_credited, null) as month_type,
    if(credited_seconds > 0, min(first_credited_on) over (partition by patient_id, program, chain_number), null)
        as chain_started_on,
    sum((credited_seconds > 0)::int) over (
        partition by patient_id, program, chain_number order by service_month
    ) as months_in_chain
from chained;
