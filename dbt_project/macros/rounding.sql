{#- A quotient rounded half up to a number of decimals, decided on the whole numbers; null where there is no denominator. -#}
{% macro round_half_up(numerator, denominator, decimals) -%}
floor((2 * {{ numerator }} * power(10, {{ decimals }}) + {{ denominator }}) / nullif(2 * {{ denominator }}, 0))
            / power(10, {{ decimals }})
{%- endmacro %}
