-- Active patients long enough in treatment: who improved, who was reviewed or changed of the others, who responded.
{{ config(materialized='view') }}

with outcome as (
    select * from {{ ref('int_cocm_outcome') }}
),

followed as (
    {{ by_entity('outcome',
        ['period_type', 'period_start_on', 'patient_id', 'latest_on', 'latest_score', 'is_improved', 'is_reviewed', 'is_changed'],
        [('team', 'team_id')], "is_measured_by and days_in_treatment >= " ~ threshold('not_improving_days')) }}
),

matured as (
    {{ by_entity('outcome',
        ['period_type', 'period_start_on', 'patient_id', 'latest_on', 'latest_score', 'is_response', 'is_remission'],
        [('team', 'team_id'), ('payer', 'payer_id')],
        "counts_as = 'PHQ-9' and (is_ended or days_in_treatment >= " ~ threshold('outcome_min_days') ~ ")") }}
),

final as (
    select
        {{ metric_member('cocm_improved_70_days', 'is_improved', '1', 'latest_on', 'latest_score') }}
    from followed
    union all
    select
        {{ metric_member('cocm_not_improved_reviewed', 'is_reviewed', '1', 'latest_on', 'latest_score') }}
    from followed
    where is_improved = 0
    union all
    select
        {{ metric_member('cocm_not_improved_changed', 'is_changed', '1', 'latest_on', 'latest_score') }}
    from followed
    where is_improved = 0
    union all
    select
        {{ metric_member('cocm_response', 'is_response', '1', 'latest_on', 'latest_score') }}
    from matured
    union all
    select
        {{ metric_member('cocm_remission', 'is_remission', '1', 'latest_on', 'latest_score') }}
    from matured
)

select * from final
