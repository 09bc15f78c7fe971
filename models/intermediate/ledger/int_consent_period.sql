-- When a consent to a program holds for a patient: moments, not days, and one consent for each.
with consent as (
    select
        knowledge_id,
        patient_id,
        program,
        consent_id,
        granted_at as valid_from,
        coalesce(revoked_at, cast({{ last_day_of_time() }} as timestamp)) as valid_until
    from {{ ref('int_consent_known') }}
),

held as (
    select * from consent
    where valid_from < valid_until
),

final as (
    {{ first_in_force('held', ['knowledge_id', 'patient_id', 'program'], ['consent_id'],
        'row_in_force.valid_from desc, row_in_force.consent_id asc') }}
)

select * from final
