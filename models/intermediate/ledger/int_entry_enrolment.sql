-- The episodes that may claim a moment of an entry, each with the zone in which it is tested.
with entry as (
    select * from {{ ref('int_entry') }}
),

enrolment as (
    select * from {{ ref('int_enrolment_known') }}
    where program_precedence is not null
),

final as (
    select
        entry.knowledge_id,
        entry.entry_id,
        enrolment.episode_id,
        enrolment.program,
        enrolment.program_precedence,
        enrolment.started_on,
        enrolment.last_day_on,
        coalesce(enrolment.time_zone, entry.time_zone) as time_zone
    from entry
    inner join enrolment
        on entry.knowledge_id = enrolment.knowledge_id
        and entry.patient_id = enrolment.patient_id
        and entry.ended_at >= {{ add_days('enrolment.started_on', -2) }}
        and {{ add_days('entry.started_at', -2) }} <= enrolment.last_day_on
)

select * from final
