{#-
    One row a member of a cell that holds a list separated by ;. relation: a CTE. columns: what is kept of it.
    list: the column with the list. member: the name of the result.
-#}
{% macro split_list(relation, columns, list, member) -%}
select
        {% for column in columns %}{{ relation }}.{{ column }},
        {% endfor -%}
        trim({{ dbt.split_part(relation ~ '.' ~ list, "';'", 'position_in_list.generated_number') }}) as {{ member }}
    from {{ relation }}
    inner join ({{ dbt.generate_series(200) }}) as position_in_list
        on position_in_list.generated_number
        <= length({{ relation }}.{{ list }}) - length(replace({{ relation }}.{{ list }}, ';', '')) + 1
{%- endmacro %}
