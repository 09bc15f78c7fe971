with patient as (
    {{ latest_known('stg_feed__patient', ['patient_id'], patient='patient_id') }}
),

final as (
    select
        knowledge_id,
        patient_id,
        birth_date,
        deceased_on
    from patient
)

select * from final
