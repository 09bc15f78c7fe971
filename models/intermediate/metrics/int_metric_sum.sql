-- The numerator and the denominator of every value: of its members where patients make it up, else as a total.
with definition as (
    select * from {{ ref('metric_definition') }}
),

period as (
    select * from {{ ref('int_period') }}
),

total as (
    select * from {{ ref('int_metric_total') }}
),

member_sum as (
    select
        metric_id,
        entity_type,
        entity_id,
        period_type,
        period_start_on,
        sum(numerator_part) as numerator,
        sum(denominator_part) as denominator
    from {{ ref('fct_metric_member') }}
    group by metric_id, entity_type, entity_id, period_type, period_start_on
),

scope as (
    select metric_id, entity_type, entity_id, period_type, period_start_on from {{ ref('int_metric_scope') }}
    union
    select metric_id, entity_type, entity_id, period_type, period_start_on from total
    union
    select metric_id, entity_type, entity_id, period_type, period_start_on from member_sum
),

final as (
    select
        scope.metric_id,
        definition.metric_version,
        scope.entity_type,
        scope.entity_id,
        scope.period_type,
        scope.period_start_on,
        period.period_end_on,
        case
            when definition.is_numerator_of_patients then coalesce(total.numerator, member_sum.numerator, 0)
            when total.metric_id is null then 0
            else total.numerator
        end as numerator,
        case
            when definition.is_denominator_of_patients then coalesce(total.denominator, member_sum.denominator, 0)
            when definition.fixed_denominator is not null then cast(definition.fixed_denominator as double)
            when total.metric_id is null then 0
            else total.denominator
        end as denominator,
        definition.is_numerator_of_patients
        and definition.is_denominator_of_patients
        and scope.period_type not in ('day', 'week') as is_of_patients
    from scope
    inner join period
        on scope.period_type = period.period_type
        and scope.period_start_on = period.period_start_on
    inner join definition
        on scope.metric_id = definition.metric_id
        and {{ in_period('period.period_end_on', 'definition.valid_from', 'definition.valid_to') }}
    left join total
        on scope.metric_id = total.metric_id
        and scope.entity_type = total.entity_type
        and scope.entity_id = total.entity_id
        and scope.period_type = total.period_type
        and scope.period_start_on = total.period_start_on
    left join member_sum
        on scope.metric_id = member_sum.metric_id
        and scope.entity_type = member_sum.entity_type
        and scope.entity_id = member_sum.entity_id
        and scope.period_type = member_sum.period_type
        and scope.period_start_on = member_sum.period_start_on
)

select * from final
