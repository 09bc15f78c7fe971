-- Everyone of whom the ledger or the claims speak.
with entry as (
    select * from {{ ref('int_entry') }}
),

enrolment as (
    select * from {{ ref('int_enrolment_known') }}
),

final as (
    select knowledge_id, patient_id from entry where patient_id is not null
    union
    select knowledge_id, patient_id from enrolment
)

select * from final
