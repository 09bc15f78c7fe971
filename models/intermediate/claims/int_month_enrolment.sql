-- The episode of a patient's month in a program: of those in force on a day of the month, the latest start, then the lowest id.
with enrolment as (
    select * from {{ ref('int_enrolment_known') }}
    where program_precedence is not null
),

calendar_month as (
    select * from {{ ref('int_calendar_month') }}
),

ranked as (
    select
        enrolment.*,
        calendar_month.month_start_on as service_month,
        calendar_month.month_end_on,
        row_number() over (
            partition by
                enrolment.knowledge_id, enrolment.patient_id, enrolment.program, calendar_month.month_start_on
            order by enrolment.started_on desc, enrolment.episode_id asc
        ) as episode_rank
    from enrolment
    inner join calendar_month
        on enrolment.started_on <= calendar_month.month_end_on
        and enrolment.last_day_on >= calendar_month.month_start_on
    where enrolment.started_on <= {{ as_of_date() }}
),

final as (
    select
        knowledge_id,
        patient_id,
        program,
        service_month,
        month_end_on,
        episode_id,
        team_id,
        care_manager_id,
        billing_practitioner_id
    from ranked
    where episode_rank = 1
)

select * from final
