{#- One source of int_finance_amount: its sums by team and month, and nothing in the columns of the others. -#}
{% macro amount_row(relation, team, month, columns, sums, rows='true') -%}
select
        {{ team }} as team_id,
        {{ month }} as month,
        {%- for column in columns %}
        cast({{ sums[column] if column in sums else 'null' }} as decimal(18, 2)) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    where {{ rows }}
    group by {{ team }}, {{ month }}
{%- endmacro %}

{#- Which of within, stretch and beyond a need is against what can be carried; null where either is unknown. -#}
{% macro feasibility_rank(need, low, high) -%}
case
            when {{ need }} > {{ high }} then 3
            when {{ need }} > {{ low }} then 2
            when {{ need }} <= {{ low }} then 1
        end
{%- endmacro %}

{#- A quotient as a double; null where there is nothing to divide by. -#}
{% macro ratio(numerator, denominator) -%}
cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}
