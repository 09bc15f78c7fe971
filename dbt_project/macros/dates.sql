{#- The first and the last day that an open period may stand for. -#}
{% macro first_day() %}cast('1000-01-01' as date){% endmacro %}

{% macro last_day_of_time() %}cast('9999-12-31' as date){% endmacro %}

{#- The business date of the run. No model reads the clock. -#}
{% macro as_of_date() -%}
(select run_context.as_of_date from {{ ref('stg_reference__run_context') }} as run_context)
{%- endmacro %}

{% macro add_days(day, days) -%}
cast({{ dbt.dateadd('day', days, day) }} as date)
{%- endmacro %}

{% macro add_months(day, months) -%}
cast({{ dbt.dateadd('month', months, day) }} as date)
{%- endmacro %}

{% macro month_of(day) -%}
cast({{ dbt.date_trunc('month', day) }} as date)
{%- endmacro %}

{% macro last_day_of_month(day) -%}
{{ add_days(add_months(month_of(day), 1), -1) }}
{%- endmacro %}

{#- Whole days from the first date to the second. -#}
{% macro days_between(first, second) -%}
{{ dbt.datediff(first, second, 'day') }}
{%- endmacro %}

{#- Whole calendar months from the first date to the second. -#}
{% macro months_between(first, second) -%}
{{ dbt.datediff(first, second, 'month') }}
{%- endmacro %}

{% macro seconds_between(first, second) -%}
{{ dbt.datediff(first, second, 'second') }}
{%- endmacro %}

{#- The first day after a period whose last day may be blank. -#}
{% macro day_after(last_day) -%}
case
            when {{ last_day }} is null or {{ last_day }} >= {{ last_day_of_time() }} then {{ last_day_of_time() }}
            else {{ add_days(last_day, 1) }}
        end
{%- endmacro %}

{#- Whether a day lies in a period whose ends are both included and may be blank. -#}
{% macro in_period(day, first, last) -%}
({{ first }} is null or {{ first }} <= {{ day }}) and ({{ last }} is null or {{ last }} >= {{ day }})
{%- endmacro %}

{#- The Monday of a day's week. -#}
{% macro week_of(day) -%}
cast({{ dbt.date_trunc('week', day) }} as date)
{%- endmacro %}
