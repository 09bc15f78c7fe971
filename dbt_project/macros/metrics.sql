{#- The periods of the calendar, as dbt's date_trunc names them; a week is an ISO week. -#}
{% macro calendar_period_types() -%}
{{ return(['day', 'week', 'month', 'quarter', 'year']) }}
{%- endmacro %}
