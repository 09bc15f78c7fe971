{#- Whether a cell that holds a list separated by ; has a member. -#}
{% macro list_has(list, member) -%}
';' || coalesce({{ list }}, '') || ';' like '%;' || {{ member }} || ';%'
{%- endmacro %}
