-- The patients of the depression measures, and when they are searched for exclusions and for the score that decides.
with final as (
    select
        'remission_twelve_months' as measure,
        period_start_on,
        patient_id,
        index_on,
        index_score,
        searched_from,
        decided_from,
        decided_until
    from {{ ref('int_remission_index') }}
    union all
    select
        'depression_followup' as measure,
        period_start_on,
        patient_id,
        index_on,
        index_score,
        searched_from,
        decided_from,
        decided_until
    from {{ ref('int_depression_index') }}
)

select * from final
