{#- The value of a row of seeds/threshold.csv that is in force on as_of_date. -#}
{% macro threshold(name) -%}
(
            select threshold_row.value
            from {{ ref('threshold') }} as threshold_row
            where
                threshold_row.name = '{{ name }}'
                and {{ in_period(as_of_date(), 'threshold_row.valid_from', 'threshold_row.valid_to') }}
        )
{%- endmacro %}

{#- The same as a whole number of days. -#}
{% macro threshold_days(name) -%}
cast({{ threshold(name) }} as integer)
{%- endmacro %}
