-- Members of the quality measures, for the organization and for the team whose panel they are on when the period ends.
with member as (
    select * from {{ ref('int_screening_member') }}
    union all
    select * from {{ ref('int_depression_member') }}
),

period as (
    {{ measurement_periods() }}
),

panel as (
    select * from {{ ref('int_panel_period') }}
),

entity as (
    select
        member.*,
        'organization' as entity_type,
        'organization' as entity_id
    from member
    union all
    select
        member.*,
        'team' as entity_type,
        panel.team_id as entity_id
    from member
    inner join period
        on member.period_start_on = period.period_start_on
    inner join panel
        on member.patient_id = panel.patient_id
        and period.period_end_on >= panel.valid_from
        and period.period_end_on < panel.valid_until
    where panel.team_id is not null
),

final as (
    select
        metric_id,
        entity_type,
        entity_id,
        'year' as period_type,
        period_start_on,
        patient_id,
        in_denominator,
        in_numerator,
        cast(case when in_denominator then 1 else 0 end as double) as denominator_part,
        cast(case when in_numerator then 1 else 0 end as double) as numerator_part,
        exclusion_reason,
        evidence_on,
        cast(evidence_value as double) as evidence_value
    from entity
)

select * from final
