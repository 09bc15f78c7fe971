-- On which days a patient was screened, with what: a score or a finding, of those whom case finding looks at.
with looked_at as (
    select distinct patient_id from {{ ref('int_clinic_patient') }}
),

assessment as (
    {{ latest_version('int_assessment_accepted', ['assessment_id']) }}
),

final as (
    select distinct
        assessment.patient_id,
        assessment.counts_as as instrument,
        assessment.taken_on
    from assessment
    inner join looked_at
        on assessment.patient_id = looked_at.patient_id
    where
        assessment.status in ('final', 'amended', 'corrected')
        and (assessment.score is not null or assessment.screen_result is not null)
)

select * from final
