with patient as (
    select * from {{ ref('int_patient_latest') }}
),

panel_period as (
    select * from {{ ref('int_panel_period') }}
    where
        valid_from <= {{ as_of_date() }}
        and valid_until > {{ as_of_date() }}
),

primary_coverage as (
    select * from {{ ref('int_primary_coverage') }}
),

final as (
    select
        patient.patient_id,
        patient.mrn,
        patient.family_name,
        patient.given_name,
        patient.birth_date,
        patient.sex,
        patient.deceased_on,
        panel_period.team_id,
        panel_period.pcp_id,
        primary_coverage.payer_id,
        patient.site_columns
    from patient
    left join panel_period
        on patient.patient_id = panel_period.patient_id
    left join primary_coverage
        on patient.patient_id = primary_coverage.patient_id
)

select * from final
