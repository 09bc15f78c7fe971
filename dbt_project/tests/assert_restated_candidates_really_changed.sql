-- A returned row is a restatement of a candidate that is the same before and after, that names no cause, that
-- changed before its month was closed, or whose present state is not that of the candidates. Look first at
-- int_restated_month for its month.
{{ config(severity='error', meta={'owner': 'billing'}) }}

with restatement as (
    select * from {{ ref('rpt_restatement') }}
),

candidate as (
    select * from {{ ref('fct_claim_candidate') }}
    where procedure_code is not null
),

final as (
    select
        restatement.candidate_id,
        restatement.closed_on,
        restatement.changed_on,
        restatement.cause
    from restatement
    left join candidate
        on restatement.candidate_id = candidate.candidate_id
    where
        (
            coalesce(restatement.before_code, '') = coalesce(restatement.after_code, '')
            and coalesce(restatement.before_units, 0) = coalesce(restatement.after_units, 0)
        )
        or coalesce(restatement.cause, '') = ''
        or restatement.changed_on is null
        or restatement.changed_on <= restatement.closed_on
        or coalesce(restatement.after_code, '') <> coalesce(candidate.procedure_code, '')
        or coalesce(restatement.after_units, 0) <> coalesce(candidate.units, 0)
)

select * from final
