-- The primary coverage of every patient on as_of_date.
with coverage as (
    {{ latest_version('stg_feed__coverage', ['coverage_id']) }}
),

ranked as (
    select
        patient_id,
        payer_id,
        row_number() over (
            partition by patient_id
            order by
                rank asc nulls last,
                coalesce(effective_from, {{ first_day() }}) desc,
                coverage_id asc
        ) as coverage_rank
    from coverage
    where {{ in_period(as_of_date(), 'effective_from', 'effective_to') }}
),

final as (
    select
        patient_id,
        payer_id
    from ranked
    where coverage_rank = 1
)

select * from final
