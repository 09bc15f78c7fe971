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
select ranked.*
    from (
        select
            version.*,
            row_number() over (
                partition by {% for column in key %}version.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
                order by
                {{ version_order('version') }}
            ) as version_rank
        from {{ ref(stage) }} as version
    ) as ranked
    where
        ranked.version_rank = 1
        and not ranked.is_deleted
{%- endmacro %}

{#-
    The same, for each knowledge: once as it is known on as_of_date (`current`), and once for each closed month whose
    claims are compared with what had been delivered by its closing day.
    patient: the column that names the patient; closed months then keep the patients of int_knowledge_patient alone.
-#}
{% macro latest_known(stage, key, patient=none) -%}
select ranked.*
    from (
        select
            'current' as knowledge_id,
            version.*,
            row_number() over (
                partition by {% for column in key %}version.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
                order by
                {{ version_order('version') }}
            ) as version_rank
        from {{ ref(stage) }} as version
    ) as ranked
    where
        ranked.version_rank = 1
        and not ranked.is_deleted
    union all
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
