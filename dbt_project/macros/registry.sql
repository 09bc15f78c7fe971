{#- The flags of the registry, in the order of their names. -#}
{% macro registry_flags() -%}
{{ return([
    'new_unreviewed', 'no_contact_28_days', 'no_score_30_days', 'not_improving', 'ready_for_relapse_prevention',
    'review_overdue', 'safety_item', 'stalled_recommendation',
]) }}
{%- endmacro %}
