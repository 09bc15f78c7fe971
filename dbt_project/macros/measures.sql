{#-
    The believed rows of a coded feed, those alone that had a listed code in any version.
    lists: models of the codes that are listed.
-#}
{% macro latest_listed(stage, key, lists=['int_value_set_code']) -%}
select ranked.*
    from (
        select
            version.*,
            row_number() over (
                partition by version.{{ key }}
                order by
                {{ version_order('version') }}
            ) as version_rank
        from {{ ref(stage) }} as version
        inner join (
            select distinct coded.{{ key }} as listed_key
            from {{ ref(stage) }} as coded
            inner join (
                {%- for list in lists %}
                select code_system, code from {{ ref(list) }}
                {{- ' union' if not loop.last }}
                {%- endfor %}
            ) as listed_code
                on coded.code_system = listed_code.code_system
                and coded.code = listed_code.code
        ) as listed
            on version.{{ key }} = listed.listed_key
    ) as ranked
    where
        ranked.version_rank = 1
        and not ranked.is_deleted
{%- endmacro %}

{#- The codes of value sets by name, as a CTE's query. -#}
{% macro codes_of(value_sets) -%}
select * from {{ ref('int_value_set_code') }}
    where value_set in ({% for value_set in value_sets %}'{{ value_set }}'{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#- The kept calendar years: the measurement periods. -#}
{% macro measurement_periods() -%}
select * from {{ ref('int_period') }}
    where period_type = 'year'
{%- endmacro %}
