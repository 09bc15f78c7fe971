-- Why a patient of a depression measure is excluded: the first reason that holds.
with cohort as (
    select * from {{ ref('int_depression_cohort') }}
),

found as (
    select
        cohort.measure,
        cohort.period_start_on,
        cohort.patient_id,
        care.care as reason,
        case care.care when 'hospice' then 1 else 2 end as precedence
    from cohort
    inner join {{ ref('int_measure_care') }} as care
        on cohort.patient_id = care.patient_id
        and care.shown_from <= cohort.decided_until
        and care.shown_until >= cohort.searched_from
    union all
    select
        cohort.measure,
        cohort.period_start_on,
        cohort.patient_id,
        'death' as reason,
        3 as precedence
    from cohort
    inner join {{ ref('int_patient_latest') }} as patient
        on cohort.patient_id = patient.patient_id
        and patient.deceased_on <= cohort.decided_until
    union all
    select
        cohort.measure,
        cohort.period_start_on,
        cohort.patient_id,
        case condition_row.value_set
            when 'Bipolar Disorder' then 'bipolar_disorder'
            when 'Personality Disorder Emotionally Labile' then 'personality_disorder'
            when 'Schizophrenia or Psychotic Disorder' then 'psychotic_disorder'
            else 'pervasive_developmental_disorder'
        end as reason,
        case condition_row.value_set
            when 'Bipolar Disorder' then 4
            when 'Personality Disorder Emotionally Labile' then 5
            when 'Schizophrenia or Psychotic Disorder' then 6
            else 7
        end as precedence
    from cohort
    inner join {{ ref('int_measure_condition') }} as condition_row
        on cohort.patient_id = condition_row.patient_id
        and condition_row.prevails_from <= cohort.decided_until
    where
        condition_row.is_confirmed_active
        and condition_row.value_set in (
            'Bipolar Disorder', 'Personality Disorder Emotionally Labile',
            'Schizophrenia or Psychotic Disorder', 'Pervasive Developmental Disorder'
        )
),

ranked as (
    select
        found.*,
        row_number() over (
            partition by found.measure, found.period_start_on, found.patient_id
            order by found.precedence
        ) as reason_rank
    from found
),

final as (
    select
        measure,
        period_start_on,
        patient_id,
        reason
    from ranked
    where reason_rank = 1
)

select * from final
