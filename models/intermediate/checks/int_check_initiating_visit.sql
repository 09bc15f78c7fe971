-- A finished primary-care visit that opens the service stands within the time that the policy allows.
{{ config(materialized='view') }}

with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

visit as (
    select * from {{ ref('int_initiating_visit') }}
),

dated as (
    select
        claim_month.patient_id,
        claim_month.program,
        claim_month.service_month,
        visit.encounter_id,
        claim_month.chain_started_on,
        claim_month.initiating_visit_days,
        {{ local_date('visit.started_at', 'day_offset') }} as visited_on
    from claim_month
    inner join visit
        on claim_month.patient_id = visit.patient_id
        and visit.started_at < {{ add_days('claim_month.chain_started_on', 2) }}
    {{ join_offset_at('day_offset', 'coalesce(claim_month.episode_time_zone, visit.time_zone)', 'visit.started_at') }}
),

found as (
    select
        dated.*,
        row_number() over (
            partition by dated.patient_id, dated.program, dated.service_month
            order by dated.visited_on desc, dated.encounter_id asc
        ) as found_rank
    from dated
    where
        dated.visited_on <= dated.chain_started_on
        and dated.visited_on >= {{ add_days('dated.chain_started_on', '-dated.initiating_visit_days') }}
),

final as (
    select
        {{ check_row('initiating_visit', outcome_of('found.encounter_id is not null',
            'claim_month.initiating_visit_days is null or claim_month.chain_started_on is null'),
            "'encounter'", 'found.encounter_id', 'found.visited_on') }}
    from claim_month
    {{ join_found('found') }}
)

select * from final
