-- What a BHC, or a team's BHCs, did with a patient in a period.
with visit as (
    select * from {{ ref('int_bhc_visit_spaced') }}
),

period_day as (
    select * from {{ ref('int_period_day') }}
    where period_type in {{ panel_period_types() }}
),

placed as (
    {{ by_entity('visit',
        ['patient_id', 'visit_on', 'warm_handoffs', 'days_seen', 'gap_days', 'followup_band'],
        [('practitioner', 'practitioner_id'), ('team', 'team_id')]) }}
),

final as (
    select
        placed.entity_type,
        placed.entity_id,
        period_day.period_type,
        period_day.period_start_on,
        placed.patient_id,
        cast(count(*) as integer) as visits,
        cast(sum(placed.warm_handoffs) as integer) as warm_handoffs,
        cast(sum(placed.days_seen) as integer) as days_seen,
        cast(count(placed.gap_days) as integer) as return_visits,
        {%- for band in followup_bands() %}
        cast(sum(case when placed.followup_band = '{{ band }}' then 1 else 0 end) as integer) as return_visits_{{ band }},
        {%- endfor %}
        cast(sum(placed.gap_days) as integer) as gap_days,
        max(placed.visit_on) as last_visit_on,
        max(case when placed.gap_days is not null then placed.visit_on end) as last_return_on
    from placed
    inner join period_day
        on placed.visit_on = period_day.day_on
    group by
        placed.entity_type,
        placed.entity_id,
        period_day.period_type,
        period_day.period_start_on,
        placed.patient_id
)

select * from final
