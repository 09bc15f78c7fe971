-- Likely-eligible patients that a provider saw in a period, and those of them who were referred within the days that count.
with period as (
    select * from {{ ref('int_period') }}
    where
        period_type in ('month', 'trailing_3_months')
        and period_start_on >= {{ add_months(add_days(as_of_date(), 1), '-' ~ threshold_days('case_finding_months')) }}
),

triggered as (
    select distinct
        clinic_date,
        patient_id
    from {{ ref('int_case_finding_trigger') }}
),

listed as (
    select
        clinic_patient.pcp_id,
        clinic_patient.patient_id,
        clinic_patient.clinic_date,
        outcome.referred_on
    from {{ ref('int_clinic_patient') }} as clinic_patient
    inner join triggered
        on clinic_patient.clinic_date = triggered.clinic_date
        and clinic_patient.patient_id = triggered.patient_id
    inner join {{ ref('int_clinic_outcome') }} as outcome
        on clinic_patient.clinic_date = outcome.clinic_date
        and clinic_patient.patient_id = outcome.patient_id
    where outcome.is_seen
),

patient_period as (
    select
        listed.pcp_id,
        period.period_type,
        period.period_start_on,
        listed.patient_id,
        max(case when listed.referred_on is null then 0 else 1 end) as was_referred
    from listed
    inner join period
        on listed.clinic_date >= period.period_start_on
        and listed.clinic_date <= period.period_end_on
    group by
        listed.pcp_id,
        period.period_type,
        period.period_start_on,
        listed.patient_id
),

counted as (
    select
        pcp_id,
        period_type,
        period_start_on,
        cast(count(*) as integer) as likely_eligible_seen,
        cast(sum(was_referred) as integer) as likely_eligible_referred
    from patient_period
    group by
        pcp_id,
        period_type,
        period_start_on
),

final as (
    select
        pcp_period.pcp_id,
        pcp_period.period_type,
        pcp_period.period_start_on,
        coalesce(counted.likely_eligible_seen, 0) as likely_eligible_seen,
        coalesce(counted.likely_eligible_referred, 0) as likely_eligible_referred
    from {{ ref('int_pcp_period') }} as pcp_period
    inner join period
        on pcp_period.period_type = period.period_type
        and pcp_period.period_start_on = period.period_start_on
    left join counted
        on pcp_period.pcp_id = counted.pcp_id
        and pcp_period.period_type = counted.period_type
        and pcp_period.period_start_on = counted.period_start_on
)

select * from final
