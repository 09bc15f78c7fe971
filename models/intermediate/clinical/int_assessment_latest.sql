-- Assessments that stand: the latest accepted version, final, amended or corrected, with a score or an answer to item 9.
with assessment as (
    {{ latest_version('int_assessment_accepted', ['assessment_id']) }}
),

final as (
    select
        assessment_id,
        patient_id,
        encounter_id,
        instrument,
        counts_as,
        is_validated,
        remission_below,
        response_fraction,
        score,
        item9_score,
        taken_at,
        taken_on,
        time_zone,
        site_columns
    from assessment
    where
        status in ('final', 'amended', 'corrected')
        and (score is not null or item9_score is not null)
)

select * from final
