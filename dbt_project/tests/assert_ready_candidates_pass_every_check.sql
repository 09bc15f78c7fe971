-- A returned row is a candidate that lacks one of the checks of seeds/claim_check.csv, or that is ready although a
-- check failed. Look first at int_month_check for its month: each check is a model int_check_<check_id> and a name
-- in claim_checks().
{{ config(severity='error', meta={'owner': 'billing'}) }}

with candidate as (
    select * from {{ ref('fct_claim_candidate') }}
),

claim_check as (
    select distinct check_id from {{ ref('claim_check') }}
),

made as (
    select
        candidate_id,
        count(*) as checks,
        sum(case when outcome in ('pass', 'not_applicable') then 0 else 1 end) as failed_checks
    from {{ ref('fct_claim_check') }}
    group by candidate_id
),

final as (
    select
        candidate.candidate_id,
        candidate.status,
        made.checks,
        made.failed_checks
    from candidate
    left join made
        on candidate.candidate_id = made.candidate_id
    where
        made.candidate_id is null
        or made.checks <> (select count(*) from claim_check)
        or (candidate.status = 'ready' and made.failed_checks > 0)
)

select * from final
