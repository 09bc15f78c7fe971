-- The last screen of each kind that was done for a visit, on its day or in the days before it.
with ranked as (
    select
        visit.period_start_on,
        visit.patient_id,
        screening.screen_kind,
        screening.screened_on,
        screening.score,
        screening.screen_result,
        row_number() over (
            partition by visit.period_start_on, visit.patient_id, screening.screen_kind
            order by screening.screened_at desc, screening.screen_id desc
        ) as screen_rank
    from {{ ref('int_screening_visit') }} as visit
    inner join {{ ref('int_screening') }} as screening
        on visit.patient_id = screening.patient_id
        and screening.screened_on >= visit.screened_from
        and screening.screened_on <= visit.started_on
    where screening.is_done
),

final as (
    select
        period_start_on,
        patient_id,
        screen_kind,
        screened_on,
        score,
        screen_result
    from ranked
    where screen_rank = 1
)

select * from final
