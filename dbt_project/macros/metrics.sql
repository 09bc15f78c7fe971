{#- The periods of the calendar, as dbt's date_trunc names them; a week is an ISO week. -#}
{% macro calendar_period_types() -%}
{{ return(['day', 'week', 'month', 'quarter', 'year']) }}
{%- endmacro %}

{#- The models that yield members: a metric's own, or its family's. -#}
{% macro metric_member_models() -%}
{{ return([
    'int_metric__pcbh_penetration',
    'int_metric__pcbh_visits',
    'int_metric__pcbh_followup',
    'int_metric__pcbh_visits_per_patient',
    'int_metric__pcbh_same_day_access',
    'int_metric__pcbh_cross_site',
    'int_metric__cocm_active',
    'int_metric__cocm_claim_ready',
    'int_metric__cocm_engagement',
    'int_metric__cocm_outcome',
    'int_metric__cocm_referral',
    'int_metric__quality',
]) }}
{%- endmacro %}

{#- The columns of a member row, in the order of the shape. -#}
{% macro metric_member_columns() -%}
{{ return([
    'metric_id', 'entity_type', 'entity_id', 'period_type', 'period_start_on', 'patient_id', 'in_denominator',
    'in_numerator', 'denominator_part', 'numerator_part', 'exclusion_reason', 'evidence_on', 'evidence_value',
]) }}
{%- endmacro %}

{#-
    A member row of a metric without exclusions, from a relation that has entity, period and patient.
    numerator, denominator: the patient's parts. met: whether the patient is in the numerator, where 0 can meet it.
-#}
{% macro metric_member(metric_id, numerator, denominator, evidence_on, evidence_value, met=none) -%}
'{{ metric_id }}' as metric_id,
        entity_type,
        entity_id,
        period_type,
        period_start_on,
        patient_id,
        {{ denominator }} > 0 as in_denominator,
        {{ met if met else numerator ~ ' > 0' }} as in_numerator,
        cast({{ denominator }} as double) as denominator_part,
        cast({{ numerator }} as double) as numerator_part,
        cast(null as {{ dbt.type_string() }}) as exclusion_reason,
        {{ evidence_on }} as evidence_on,
        cast({{ evidence_value }} as double) as evidence_value
{%- endmacro %}

{#-
    The rows of a relation, once for each entity that they have. columns: what is kept of them.
    entities: pairs of an entity type and the column that names the entity; a row without it has none.
    condition: which rows count, as SQL.
-#}
{% macro by_entity(relation, columns, entities, condition=none) -%}
{%- for entity_type, column in entities %}
    select
        '{{ entity_type }}' as entity_type,
        {{ column }} as entity_id,
        {{ columns | join(',\n        ') }}
    from {{ relation }}
    where {{ column }} is not null{{ ' and ' ~ condition if condition }}
    {{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{#- The last days of the periods that the metrics of primary care behavioral health are computed for. -#}
{% macro panel_period_types() -%}
('month', 'quarter', 'year', 'trailing_365_days')
{%- endmacro %}

{#- The bands of days between visits, as the metrics are named. -#}
{% macro followup_bands() -%}
{{ return(['1_2_weeks', '3_4_weeks', '5_plus_weeks']) }}
{%- endmacro %}

{#- The periods that the metrics of collaborative care are computed for. -#}
{% macro cocm_period_types() -%}
('month', 'quarter', 'trailing_3_months')
{%- endmacro %}
