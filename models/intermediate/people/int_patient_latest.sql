with patient as (
    {{ latest_version('stg_feed__patient', ['patient_id']) }}
),

final as (
    select
        patient_id,
        mrn,
        family_name,
        given_name,
        birth_date,
        sex,
        deceased_on,
        site_columns
    from patient
)

select * from final
