-- A returned row is an add-on line without a base line, or with another status, list of failed checks or keeper
-- than its base: one would be billed without the other. Look first at the join of int_month_standing in
-- fct_claim_candidate.
{{ config(severity='error', meta={'owner': 'billing'}) }}

with candidate as (
    select * from {{ ref('fct_claim_candidate') }}
),

addon as (
    select * from candidate
    where claim_line_kind = 'addon'
),

base as (
    select * from candidate
    where claim_line_kind = 'base'
),

final as (
    select
        addon.candidate_id,
        addon.status,
        base.status as base_status
    from addon
    left join base
        on addon.patient_id = base.patient_id
        and addon.program = base.program
        and addon.service_month = base.service_month
    where
        base.procedure_code is null
        or addon.status <> base.status
        or coalesce(addon.blocking_check_ids, '') <> coalesce(base.blocking_check_ids, '')
        or coalesce(addon.review_check_ids, '') <> coalesce(base.review_check_ids, '')
        or coalesce(addon.suppressed_by, '') <> coalesce(base.suppressed_by, '')
)

select * from final
