-- A returned row is a value of month or longer whose parts in fct_metric_member do not add up to its numerator or
-- denominator where the metric's row says that patients make it up, or members without a value. A panel that is not
-- opened to patients is held to its numerator.
-- Look first at the metric's model int_metric__*: a patient twice, or an entity that int_metric_total names otherwise.
{{ config(severity='error', meta={'owner': 'quality_improvement'}) }}

with definition as (
    select * from {{ ref('metric_definition') }}
),

metric_value as (
    select * from {{ ref('fct_metric_value') }}
    where period_type not in ('day', 'week')
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

compared as (
    select
        coalesce(metric_value.metric_id, member_sum.metric_id) as metric_id,
        metric_value.entity_type,
        metric_value.entity_id,
        metric_value.period_type,
        metric_value.period_start_on,
        metric_value.metric_version,
        metric_value.is_opened_by_members,
        metric_value.numerator,
        metric_value.denominator,
        coalesce(member_sum.numerator, 0) as member_numerator,
        coalesce(member_sum.denominator, 0) as member_denominator
    from metric_value
    full outer join member_sum
        on metric_value.metric_id = member_sum.metric_id
        and metric_value.entity_type = member_sum.entity_type
        and metric_value.entity_id = member_sum.entity_id
        and metric_value.period_type = member_sum.period_type
        and metric_value.period_start_on = member_sum.period_start_on
),

final as (
    select compared.*
    from compared
    left join definition
        on compared.metric_id = definition.metric_id
        and compared.metric_version = definition.metric_version
    where
        definition.metric_id is null
        or (definition.is_numerator_of_patients and compared.numerator <> compared.member_numerator)
        or (compared.is_opened_by_members and compared.denominator <> compared.member_denominator)
)

select * from final
