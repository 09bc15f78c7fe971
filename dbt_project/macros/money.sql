{#- Dollars, rounded half up once. -#}
{% macro usd(amount) -%}
cast(round({{ amount }}, 2) as decimal(18, 2))
{%- endmacro %}

{#- The rate of a code under a month's policy, setting and date of service. -#}
{% macro join_rate(rate, code) -%}
left join code_rate as {{ rate }}
        on placed.policy_version = {{ rate }}.policy_version
        and {{ code }} = {{ rate }}.procedure_code
        and placed.setting = {{ rate }}.setting
        and placed.date_of_service >= {{ rate }}.valid_from
        and placed.date_of_service < {{ rate }}.valid_until
{%- endmacro %}

{#- The amount of a month's codes together; null where one of them has no known rate, or none is reached. -#}
{% macro month_sum(row, tier) -%}
case
            when {{ row }}.{{ tier }}addon_code is null then {{ row }}.{{ tier }}base_amount_usd
            else {{ row }}.{{ tier }}base_amount_usd + {{ row }}.{{ tier }}addon_amount_usd
        end
{%- endmacro %}
