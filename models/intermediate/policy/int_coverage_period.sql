-- The primary coverage of a patient of the ledger on a date: lowest rank, then latest start, then lowest id; the payer ''
-- stands for the days without any.
with coverage as (
    {{ latest_known('stg_feed__coverage', ['coverage_id'], patient='patient_id') }}
),

ledger_patient as (
    select * from {{ ref('int_ledger_patient') }}
),

dated as (
    select
        coverage.knowledge_id,
        coverage.patient_id,
        coverage.payer_id,
        coverage.coverage_id,
        0 as is_gap,
        coverage.rank as coverage_rank,
        coalesce(coverage.effective_from, {{ first_day() }}) as valid_from,
        {{ day_after('coverage.effective_to') }} as valid_until
    from coverage
    inner join ledger_patient
        on coverage.knowledge_id = ledger_patient.knowledge_id
        and coverage.patient_id = ledger_patient.patient_id
    union all
    select
        knowledge_id,
        patient_id,
        '' as payer_id,
        '' as coverage_id,
        1 as is_gap,
        cast(null as bigint) as coverage_rank,
        {{ first_day() }} as valid_from,
        {{ last_day_of_time() }} as valid_until
    from ledger_patient
),

real_period as (
    select * from dated
    where valid_from < valid_until
),

final as (
    {{ first_in_force('real_period', ['knowledge_id', 'patient_id'], ['payer_id', 'coverage_id'],
        'row_in_force.is_gap asc, row_in_force.coverage_rank asc nulls last, row_in_force.valid_from desc, row_in_force.coverage_id asc') }}
)

select * from final
