{#- The order in which versions of one key are believed: the last one wins. -#}
{% macro version_order(version) -%}
{{ version }}.updated_at desc nulls last,
                {{ version }}._delivered_on desc,
                {{ version }}._source_file desc,
                {{ version }}._row_number desc
{%- endmacro %}

{#-
    The latest version of each key of a staged feed, tombstones gone: the row as it is known on as_of_date.
    stage: model name. key: list of the business key's columns.
-#}
{% macro latest_version(stage, key) -%}
{{ believed_versions(stage, key) }}
{%- endmacro %}

{#-
    The believed version of each key. Most keys are delivered once: only the others are ranked.
    constant: columns that stand before those of the row, as SQL.
-#}
{% macro believed_versions(stage, key, constant='') -%}
select
        {{ constant }}
        version.*,
        cast(1 as bigint) as version_rank
    from {{ ref(stage) }} as version
    left join (
        {{ keys_of_many_versions(stage, key) }}
    ) as many
        on {{ same_key('version', 'many', key) }}
    where
        many.{{ key[0] }}_of_many is null
        and not version.is_deleted
    union all
    select ranked.*
    from (
        select
            {{ constant }}
            version.*,
            row_number() over (
                partition by {% for column in key %}version.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
                order by
                {{ version_order('version') }}
            ) as version_rank
        from {{ ref(stage) }} as version
        inner join (
            {{ keys_of_many_versions(stage, key) }}
        ) as many
            on {{ same_key('version', 'many', key) }}
    ) as ranked
    where
        ranked.version_rank = 1
        and not ranked.is_deleted
{%- endmacro %}

{% macro keys_of_many_versions(stage, key) -%}
select
            {% for column in key %}{{ column }} as {{ column }}_of_many{{ ', ' if not loop.last }}{% endfor %}
        from {{ ref(stage) }}
        group by {% for column in key %}{{ column }}{{ ', ' if not loop.last }}{% endfor %}
        having count(*) > 1
{%- endmacro %}

{% macro same_key(version, many, key) -%}
{% for column in key %}{{ version }}.{{ column }} = {{ many }}.{{ column }}_of_many{{ ' and ' if not loop.last }}{% endfor %}
{%- endmacro %}

{#-
    The same, for each knowledge: once as it is known on as_of_date (`current`), and once for each closed month whose
    claims are compared with what had been delivered by its closing day.
    patient: the column that names the patient; closed months then keep the patients of int_knowledge_patient alone.
-#}
{% macro latest_known(stage, key, patient=none) -%}
{{ believed_versions(stage, key, constant="'current' as knowledge_id,") }}
    union all
    {{ known_at_closing(stage, key, patient) }}
{%- endmacro %}

{#- The part of it that closed months need. -#}
{% macro known_at_closing(stage, key, patient=none) -%}
select ranked.*
    from (
        select
            knowledge.knowledge_id,
            version.*,
            row_number() over (
                partition by knowledge.knowledge_id{% for column in key %}, version.{{ column }}{% endfor %}
                order by
                {{ version_order('version') }}
            ) as version_rank
        from {{ ref(stage) }} as version
        inner join {{ ref('int_knowledge') }} as knowledge
            on version._delivered_on <= knowledge.known_on
            and not knowledge.is_current
        {%- if patient %}
        inner join (
            select distinct
                concerned.knowledge_id{% for column in key %},
                any_version.{{ column }}{% endfor %}
            from {{ ref('int_knowledge_patient') }} as concerned
            inner join {{ ref(stage) }} as any_version
                on concerned.patient_id = any_version.{{ patient }}
        ) as concerned_key
            on knowledge.knowledge_id = concerned_key.knowledge_id
            {%- for column in key %}
            and version.{{ column }} = concerned_key.{{ column }}
            {%- endfor %}
        {%- endif %}
    ) as ranked
    where
        ranked.version_rank = 1
        and not ranked.is_deleted
{%- endmacro %}
