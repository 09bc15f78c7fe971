-- Patients with a bipolar disorder that began before one of their visits.
with days_before as (
    select * from {{ ref('threshold') }}
    where name = 'bipolar_days_before_visit'
),

final as (
    select distinct
        visit.period_start_on,
        visit.patient_id
    from {{ ref('int_screening_visit') }} as visit
    inner join {{ ref('int_measure_condition') }} as condition_row
        on visit.patient_id = condition_row.patient_id
    inner join days_before
        on {{ in_period('visit.period_start_on', 'days_before.valid_from', 'days_before.valid_to') }}
    where
        condition_row.value_set = 'Bipolar Disorder'
        and condition_row.is_problem
        and condition_row.prevails_from
        <= {{ add_days('visit.started_on', '-cast(days_before.value as integer)') }}
)

select * from final
