with clinic_patient as (
    select * from {{ ref('int_clinic_patient') }}
),

triggered as (
    select
        clinic_date,
        patient_id,
        cast(min(priority) as integer) as first_priority,
        cast(count(*) as integer) as trigger_count,
        {{ dbt.listagg('rule_id', "';'", "order by priority asc, rule_id asc") }} as trigger_ids,
        {{ dbt.listagg('trigger_text', "'; '", "order by priority asc, rule_id asc") }} as triggers
    from {{ ref('int_case_finding_trigger') }}
    group by
        clinic_date,
        patient_id
),

outreach as (
    select * from {{ ref('int_clinic_outreach') }}
),

outcome as (
    select * from {{ ref('int_clinic_outcome') }}
),

final as (
    select
        clinic_patient.clinic_date,
        clinic_patient.pcp_id,
        clinic_patient.patient_id,
        clinic_patient.team_id,
        clinic_patient.appointment_id,
        clinic_patient.appointment_at,
        clinic_patient.appointment_local_time,
        cast(
            triggered.first_priority
            + case when outreach.refused_on is null then 0 else {{ threshold_days('declined_priority_step') }} end as integer
        ) as priority,
        triggered.triggers,
        triggered.trigger_ids,
        triggered.trigger_count,
        cast(outreach.last_outreach_on as {{ dbt.type_string() }}) || ' ' || outreach.last_outreach
        || case
            when outreach.refused_on is null then ''
            else '; declined on ' || cast(outreach.refused_on as {{ dbt.type_string() }}) || ', priority lowered'
        end as last_outreach,
        outreach.last_outreach_on,
        outreach.refused_on,
        case
            when outcome.patient_id is null then null
            when outcome.enrolled_on is not null then 'enrolled'
            when outcome.referred_on is not null then 'referred'
            when outcome.is_seen then 'seen'
            else 'not_seen'
        end as what_happened,
        outcome.is_seen,
        outcome.referred_on,
        outcome.enrolled_on
    from clinic_patient
    inner join triggered
        on clinic_patient.clinic_date = triggered.clinic_date
        and clinic_patient.patient_id = triggered.patient_id
    left join outreach
        on clinic_patient.clinic_date = outreach.clinic_date
        and clinic_patient.patient_id = outreach.patient_id
    left join outcome
        on clinic_patient.clinic_date = outcome.clinic_date
        and clinic_patient.patient_id = outcome.patient_id
)

select * from final
