-- A consent to the program was in force at the first credited second of the month.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

consent as (
    select * from {{ ref('int_consent_known') }}
    where knowledge_id = 'current'
),

found as (
    select
        {{ found_columns('consent.granted_at desc, consent.consent_id') }},
        consent.consent_id,
        consent.granted_at
    from claim_month
    inner join consent
        on claim_month.patient_id = consent.patient_id
        and claim_month.program = consent.program
        and consent.granted_at <= claim_month.first_credited_at
        and (consent.revoked_at is null or consent.revoked_at > claim_month.first_credited_at)
),

final as (
    select
        {{ check_row('consent_on_file', outcome_of('found.consent_id is not null', 'claim_month.credited_seconds = 0'),
            "'consent'", 'found.consent_id', 'found.granted_at') }}
    from claim_month
    {{ join_found('found') }}
)

select * from final
