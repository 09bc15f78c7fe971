-- How many local days after its service a credited entry was documented; null where it never was.
with segment as (
    select * from {{ ref('int_segment') }}
    where
        knowledge_id = 'current'
        and disposition = 'credited'
),

entry as (
    select * from {{ ref('int_entry') }}
    where knowledge_id = 'current'
),

enrolment as (
    select * from {{ ref('int_enrolment_known') }}
    where knowledge_id = 'current'
),

least_allowed as (
    select min(late_documentation_days) as days from {{ ref('int_policy') }}
),

suspect as (
    select
        segment.entry_id,
        segment.patient_id,
        segment.program,
        segment.service_on,
        entry.documented_at,
        coalesce(enrolment.time_zone, entry.time_zone) as time_zone
    from segment
    inner join entry
        on segment.entry_id = entry.entry_id
    inner join enrolment
        on segment.episode_id = enrolment.episode_id
    cross join least_allowed
    where
        entry.documented_at is null
        or entry.documented_at >= {{ add_days('segment.service_on', 'least_allowed.days - 1') }}
),

final as (
    select distinct
        suspect.entry_id,
        suspect.patient_id,
        suspect.program,
        {{ month_of('suspect.service_on') }} as service_month,
        suspect.service_on,
        {{ days_between('suspect.service_on', local_date('suspect.documented_at', 'day_offset')) }} as days_late
    from suspect
    {{ join_offset_at('day_offset', 'suspect.time_zone', 'suspect.documented_at') }}
)

select * from final
