-- Counts and dollars that no metric and no survey has, for the whole organization.
with finance as (
    select * from {{ ref('int_finance_month') }}
    where entity_type = 'organization'
),

-- To go on as before is no recommendation to tell, and what is told after the business date is not told yet.
case_review as (
    select
        case_review.review_id,
        {{ month_of(local_date('case_review.reviewed_at', 'day_offset')) }} as month,
        {{ local_date('case_review.communicated_at', 'told_offset') }} as communicated_on
    from {{ ref('int_case_review_latest') }} as case_review
    {{ join_offset_at('day_offset', 'case_review.time_zone', 'case_review.reviewed_at') }}
    {{ join_offset_at('told_offset', 'case_review.time_zone', 'case_review.communicated_at') }}
    where
        case_review.recommendation is not null
        and case_review.recommendation <> 'continue'
),

active as (
    select
        patient_id,
        period_start_on,
        period_end_on
    from {{ ref('int_cocm_active') }}
    where period_type = 'month'
),

apcm as (
    select * from {{ ref('int_episode_latest') }}
    where
        program = 'apcm'
        and has_force
),

both_programs as (
    select
        active.period_start_on,
        count(distinct active.patient_id) as patients
    from active
    inner join apcm
        on active.patient_id = apcm.patient_id
        and active.period_end_on >= apcm.started_on
        and active.period_start_on <= coalesce(apcm.ended_on, active.period_start_on)
    group by active.period_start_on
),

offered as (
    select min({{ month_of('started_on') }}) as first_month from apcm
),

final as (
    select
        'recommendations_told' as source_id,
        month,
        cast(count(case when communicated_on <= {{ as_of_date() }} then 1 end) as decimal(18, 2)) as numerator,
        cast(count(*) as decimal(18, 2)) as denominator
    from case_review
    group by month
    union all
    select
        'referrals_converted' as source_id,
        month,
        converted_referrals as numerator,
        referrals as denominator
    from finance
    union all
    select
        'paid_of_expected' as source_id,
        month,
        paid_usd as numerator,
        expected_usd as denominator
    from finance
    union all
    select
        'cost_of_an_active_patient' as source_id,
        month,
        cost_usd as numerator,
        active_patients as denominator
    from finance
    where service_cost_usd is not null
    union all
    select
        'apcm_of_active' as source_id,
        finance.month,
        cast(coalesce(both_programs.patients, 0) as decimal(18, 2)) as numerator,
        finance.active_patients as denominator
    from finance
    inner join offered
        on finance.month >= offered.first_month
    left join both_programs
        on finance.month = both_programs.period_start_on
    union all
    select
        source_id,
        month,
        numerator,
        denominator
    from {{ ref('int_value_stay') }}
)

select * from final
