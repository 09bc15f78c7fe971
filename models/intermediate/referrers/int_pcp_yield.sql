-- What came of a provider's referrals in a period: patients enrolled, minutes credited, dollars expected.
with period as (
    select * from {{ ref('int_period') }}
    where period_type in ('month', 'trailing_3_months')
),

episode_referrer as (
    select * from {{ ref('int_episode_referrer') }}
),

enrolled as (
    select
        episode_referrer.referrer_id as pcp_id,
        period.period_type,
        period.period_start_on,
        count(distinct episode_referrer.patient_id) as patients_enrolled
    from episode_referrer
    inner join period
        on episode_referrer.started_on >= period.period_start_on
        and episode_referrer.started_on <= period.period_end_on
    group by
        episode_referrer.referrer_id,
        period.period_type,
        period.period_start_on
),

amount as (
    select
        patient_id,
        program,
        service_month,
        sum(expected_amount_usd) as expected_amount_usd
    from {{ ref('fct_claim_candidate') }}
    where
        procedure_code is not null
        and status <> 'not_billable'
    group by
        patient_id,
        program,
        service_month
),

month_yield as (
    select
        episode_referrer.referrer_id as pcp_id,
        patient_month.service_month,
        sum(patient_month.credited_minutes) as credited_minutes,
        sum(amount.expected_amount_usd) as expected_amount_usd
    from {{ ref('fct_patient_month') }} as patient_month
    inner join episode_referrer
        on patient_month.episode_id = episode_referrer.episode_id
    left join amount
        on patient_month.patient_id = amount.patient_id
        and patient_month.program = amount.program
        and patient_month.service_month = amount.service_month
    group by
        episode_referrer.referrer_id,
        patient_month.service_month
),

yielded as (
    select
        month_yield.pcp_id,
        period.period_type,
        period.period_start_on,
        sum(month_yield.credited_minutes) as yield_minutes,
        sum(month_yield.expected_amount_usd) as yield_expected_usd
    from month_yield
    inner join period
        on month_yield.service_month >= period.period_start_on
        and month_yield.service_month <= period.period_end_on
    group by
        month_yield.pcp_id,
        period.period_type,
        period.period_start_on
),

final as (
    select
        pcp_period.pcp_id,
        pcp_period.period_type,
        pcp_period.period_start_on,
        cast(coalesce(enrolled.patients_enrolled, 0) as integer) as patients_enrolled,
        cast(coalesce(yielded.yield_minutes, 0) as integer) as yield_minutes,
        cast(yielded.yield_expected_usd as decimal(18, 2)) as yield_expected_usd
    from {{ ref('int_pcp_period') }} as pcp_period
    left join enrolled
        on pcp_period.pcp_id = enrolled.pcp_id
        and pcp_period.period_type = enrolled.period_type
        and pcp_period.period_start_on = enrolled.period_start_on
    left join yielded
        on pcp_period.pcp_id = yielded.pcp_id
        and pcp_period.period_type = yielded.period_type
        and pcp_period.period_start_on = yielded.period_start_on
)

select * from final
