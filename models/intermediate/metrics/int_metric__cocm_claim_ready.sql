-- Patients with a collaborative care candidate that has a code, and how many of their candidates are ready or submitted.
with candidate as (
    select * from {{ ref('fct_claim_candidate') }}
    where
        program = 'cocm'
        and procedure_code is not null
        and team_id is not null
),

period_day as (
    select * from {{ ref('int_period_day') }}
    where period_type in {{ cocm_period_types() }}
),

counted as (
    select
        'team' as entity_type,
        candidate.team_id as entity_id,
        period_day.period_type,
        period_day.period_start_on,
        candidate.patient_id,
        count(*) as candidates,
        sum(case when candidate.status in ('ready', 'submitted') then 1 else 0 end) as ready_candidates,
        max(candidate.date_of_service) as last_service_on
    from candidate
    inner join period_day
        on candidate.service_month = period_day.day_on
    group by candidate.team_id, period_day.period_type, period_day.period_start_on, candidate.patient_id
),

final as (
    select
        {{ metric_member('cocm_claim_ready_rate', 'ready_candidates', 'candidates', 'last_service_on', 'candidates') }}
    from counted
)

select * from final
