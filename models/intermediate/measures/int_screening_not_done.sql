-- Why a screen of each kind was not done on a day of a visit; a refusal goes before a medical reason.
with final as (
    select
        visit.period_start_on,
        visit.patient_id,
        screening.screen_kind,
        max(screening.not_done_reason) as not_done_reason,
        max(screening.screened_on) as not_done_on
    from {{ ref('int_screening_visit') }} as visit
    inner join {{ ref('int_screening') }} as screening
        on visit.patient_id = screening.patient_id
        and screening.screened_on >= visit.started_on
        and screening.screened_on <= visit.ended_on
    where screening.not_done_reason is not null
    group by visit.period_start_on, visit.patient_id, screening.screen_kind
)

select * from final
