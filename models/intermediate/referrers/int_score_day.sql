-- The scores of those whom case finding looks at, one a scale and day, the last taken; and when the scale was taken next.
-- Item 9 of the PHQ-9 stands as a scale of its own, also where no total is known.
with looked_at as (
    select distinct patient_id from {{ ref('int_clinic_patient') }}
),

assessment as (
    select
        assessment.*
    from {{ ref('int_assessment_latest') }} as assessment
    inner join looked_at
        on assessment.patient_id = looked_at.patient_id
),

scale as (
    select
        patient_id,
        counts_as as instrument,
        cast(score as integer) as score,
        taken_on,
        taken_at,
        assessment_id
    from assessment
    where score is not null
    union all
    select
        patient_id,
        'PHQ-9 item 9' as instrument,
        cast(item9_score as integer) as score,
        taken_on,
        taken_at,
        assessment_id
    from assessment
    where
        item9_score is not null
        and (counts_as = 'PHQ-9' or score is not null)
),

ranked as (
    select
        scale.*,
        row_number() over (
            partition by scale.patient_id, scale.instrument, scale.taken_on
            order by scale.taken_at desc, scale.assessment_id desc
        ) as day_rank
    from scale
),

final as (
    select
        patient_id,
        instrument,
        score,
        taken_on,
        assessment_id,
        lead(taken_on) over (partition by patient_id, instrument order by taken_on) as next_on
    from ranked
    where day_rank = 1
)

select * from final
