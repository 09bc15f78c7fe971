-- Primary care appointments as they stood on the eve of each clinic date: the dates of the last months, and the first after
-- as_of_date that has any. Of a patient's appointments of one date the first.
with bounds as (
    select
        {{ as_of_date() }} as as_of_date,
        {{ add_months(add_days(as_of_date(), 1), '-' ~ threshold_days('case_finding_months')) }} as first_on
),

appointment as (
    select * from {{ ref('int_appointment_latest') }}
    where
        service_line = 'primary_care'
        and patient_id is not null
        and (booked_on is null or booked_on < starts_on)
),

expected as (
    select
        appointment.*,
        appointment.starts_on > bounds.as_of_date as is_to_come
    from appointment
    inner join bounds
        on appointment.starts_on >= bounds.first_on
    where
        appointment.status in ('pending', 'booked', 'arrived')
        or (
            appointment.starts_on <= bounds.as_of_date
            and (
                appointment.status in ('checked-in', 'fulfilled', 'noshow')
                or (appointment.status = 'cancelled' and appointment.cancelled_on >= appointment.starts_on)
            )
        )
),

next_date as (
    select min(starts_on) as next_on from expected
    where is_to_come
),

ranked as (
    select
        expected.*,
        row_number() over (
            partition by expected.starts_on, expected.patient_id
            order by expected.starts_at asc, expected.appointment_id asc
        ) as appointment_rank,
        max(case when expected.status in ('arrived', 'checked-in', 'fulfilled') then 1 else 0 end) over (
            partition by expected.starts_on, expected.patient_id
        ) as has_come
    from expected
    cross join next_date
    where
        not expected.is_to_come
        or expected.starts_on = next_date.next_on
),

pcp_home as (
    select * from {{ ref('int_pcp_home') }}
),

panel_period as (
    select * from {{ ref('int_panel_period') }}
),

final as (
    select
        ranked.starts_on as clinic_date,
        ranked.patient_id,
        ranked.appointment_id,
        ranked.starts_at as appointment_at,
        ranked.starts_local_time as appointment_local_time,
        ranked.is_to_come,
        ranked.has_come = 1 and not ranked.is_to_come as has_come,
        case
            when pcp_home.practitioner_id is not null then ranked.practitioner_id
            else coalesce(panel_period.pcp_id, ranked.practitioner_id)
        end as pcp_id,
        coalesce(ranked.team_id, pcp_home.team_id, panel_period.team_id) as team_id
    from ranked
    left join pcp_home
        on ranked.practitioner_id = pcp_home.practitioner_id
        and ranked.starts_on >= pcp_home.valid_from
        and ranked.starts_on < pcp_home.valid_until
    left join panel_period
        on ranked.patient_id = panel_period.patient_id
        and ranked.starts_on >= panel_period.valid_from
        and ranked.starts_on < panel_period.valid_until
    where ranked.appointment_rank = 1
)

select * from final
