-- The last outreach before a clinic date, and the last refusal, if it is recent enough to lower the priority.
with outreach as (
    select * from {{ ref('int_outreach') }}
),

ranked as (
    select
        clinic_patient.clinic_date,
        clinic_patient.patient_id,
        outreach.outreach_on,
        outreach.what,
        max(case
            when
                outreach.is_refusal
                and {{ days_between('outreach.outreach_on', 'clinic_patient.clinic_date') }}
                <= {{ threshold_days('declined_outreach_days') }}
                then outreach.outreach_on
        end) over (
            partition by clinic_patient.clinic_date, clinic_patient.patient_id
        ) as refused_on,
        row_number() over (
            partition by clinic_patient.clinic_date, clinic_patient.patient_id
            order by outreach.outreach_on desc, outreach.is_refusal desc, outreach.what asc
        ) as outreach_rank
    from {{ ref('int_clinic_patient') }} as clinic_patient
    inner join outreach
        on clinic_patient.patient_id = outreach.patient_id
        and clinic_patient.clinic_date > outreach.outreach_on
),

final as (
    select
        clinic_date,
        patient_id,
        outreach_on as last_outreach_on,
        what as last_outreach,
        refused_on
    from ranked
    where outreach_rank = 1
)

select * from final
