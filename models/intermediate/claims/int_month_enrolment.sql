-- The episode of a patient's month in a program: of those in force on a day of the month, the latest start, then the lowest id.
-- A month has a row where one of them had begun by as_of_date, or where a segment with an episode lies in it.
with enrolment as (
    select * from {{ ref('int_enrolment_known') }}
    where program_precedence is not null
),

calendar_month as (
    select * from {{ ref('int_calendar_month') }}
),

month_seconds as (
    select * from {{ ref('int_month_seconds') }}
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
        ) as episode_rank,
        min(enrolment.started_on) over (
            partition by
                enrolment.knowledge_id, enrolment.patient_id, enrolment.program, calendar_month.month_start_on
        ) as first_started_on
    from enrolment
    inner join calendar_month
        on enrolment.started_on <= calendar_month.month_end_on
        and enrolment.last_day_on >= calendar_month.month_start_on
),

final as (
    select
        ranked.knowledge_id,
        ranked.patient_id,
        ranked.program,
        ranked.service_month,
        ranked.month_end_on,
        ranked.episode_id,
        ranked.team_id,
        ranked.care_manager_id,
        ranked.billing_practitioner_id
    from ranked
    left join month_seconds
        on ranked.knowledge_id = month_seconds.knowledge_id
        and ranked.patient_id = month_seconds.patient_id
        and ranked.program = month_seconds.program
        and ranked.service_month = month_seconds.service_month
    where
        ranked.episode_rank = 1
        and (
            ranked.first_started_on <= {{ as_of_date() }}
            or month_seconds.patient_id is not null
        )
)

select * from final
