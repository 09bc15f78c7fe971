-- A returned row is a metric that seeds/metric_definition.csv says of a type of entity and that has no column in that
-- type's wide table, or a column without such a row.
-- Look first at the macro metrics_of in dbt_project/macros/metrics.sql: it lists the columns.
{{ config(severity='error', meta={'owner': 'quality_improvement'}) }}

with listed as (
    {%- for entity_type in ['organization', 'site', 'team', 'practitioner', 'payer'] %}
    {%- set outer_last = loop.last %}
    {%- for metric_id in metrics_of(entity_type) %}
    select
        '{{ entity_type }}' as entity_type,
        '{{ metric_id }}' as metric_id
    {{ 'union all' if not (loop.last and outer_last) }}
    {%- endfor %}
    {%- endfor %}
),

entity_type_named as (
    select distinct entity_type from listed
),

defined as (
    select distinct
        entity_type_named.entity_type,
        definition.metric_id
    from {{ ref('metric_definition') }} as definition
    inner join entity_type_named
        on {{ list_has('definition.entity_types', 'entity_type_named.entity_type') }}
),

final as (
    select
        coalesce(listed.entity_type, defined.entity_type) as entity_type,
        coalesce(listed.metric_id, defined.metric_id) as metric_id
    from listed
    full outer join defined
        on listed.entity_type = defined.entity_type
        and listed.metric_id = defined.metric_id
    where
        listed.metric_id is null
        or defined.metric_id is null
)

select * from final
