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

{#- The metrics that are said of a type of entity, as seeds/metric_definition.csv has them: the columns of its wide table. -#}
{% macro metrics_of(entity_type) -%}
{{ return({
    'organization': [
        'cms2_screening_followup', 'cms159_depression_remission_12_months',
        'depression_followup_120_240_days', 'depression_remission_120_240_days',
        'depression_response_120_240_days',
    ],
    'site': [
        'pcbh_penetration', 'pcbh_cross_site_warm_handoff_share',
    ],
    'team': [
        'pcbh_penetration', 'pcbh_warm_handoff_share', 'pcbh_followup_1_2_weeks', 'pcbh_followup_3_4_weeks',
        'pcbh_followup_5_plus_weeks', 'pcbh_followup_mean_days', 'pcbh_followup_evenness',
        'pcbh_visits_per_patient', 'pcbh_same_day_access', 'cocm_active_patients',
        'cocm_active_patients_per_fte', 'cocm_billable_patients', 'cocm_billable_rate',
        'cocm_claim_ready_rate', 'cocm_consultant_hours_per_fte', 'cocm_case_reviews_per_active',
        'cocm_three_contacts', 'cocm_early_followup', 'cocm_improved_70_days', 'cocm_not_improved_reviewed',
        'cocm_not_improved_changed', 'cocm_response', 'cocm_remission', 'cocm_days_referral_to_contact',
        'cms2_screening_followup', 'cms159_depression_remission_12_months',
        'depression_followup_120_240_days', 'depression_remission_120_240_days',
        'depression_response_120_240_days',
    ],
    'practitioner': [
        'pcbh_penetration', 'pcbh_unique_patients_per_day', 'pcbh_warm_handoff_share',
        'pcbh_followup_1_2_weeks', 'pcbh_followup_3_4_weeks', 'pcbh_followup_5_plus_weeks',
        'pcbh_followup_mean_days', 'pcbh_followup_evenness', 'pcbh_visits_per_patient',
        'cocm_active_patients', 'cocm_active_patients_per_fte', 'cocm_billable_patients',
        'cocm_billable_rate', 'cocm_minutes_per_active_patient',
    ],
    'payer': [
        'cocm_response', 'cocm_remission',
    ],
}[entity_type]) }}
{%- endmacro %}

{#- The wide table of a type of entity: one row an entity and period, one column for each of the metrics. -#}
{% macro metrics_wide(entity_type, metric_ids) -%}
with metric_value as (
    select * from {{ ref('fct_metric_value') }}
    where entity_type = '{{ entity_type }}'
),

final as (
    select
        entity_id,
        period_type,
        period_start_on,
        {%- for metric_id in metric_ids %}
        max(case when metric_id = '{{ metric_id }}' then value end) as {{ metric_id }}{{ ',' if not loop.last }}
        {%- endfor %}
    from metric_value
    group by entity_id, period_type, period_start_on
)
{%- endmacro %}
