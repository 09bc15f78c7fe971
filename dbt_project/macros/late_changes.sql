{#-
    Changes of a feed that were delivered after the month that they bear on was closed.
    One row a patient, key and delivery: who is concerned, the first month that it bears on, when it came.
    A row that is delivered again unchanged is no change. A key that moved from one patient to another concerns both.
    stage: model of all versions. key: list of the business key's columns. patient: its column that names the patient.
    bears_on: a date; the change bears on its month and all later ones. content: the columns that matter.
-#}
{% macro late_changes(stage, key, patient, bears_on, content) -%}
select
        concerned.patient_id,
        changed.bears_on,
        changed.delivered_on
    from (
        select
            {% for column in key %}ordered.{{ column }},
            {% endfor -%}
            ordered._delivered_on as delivered_on,
            ordered.first_bears_on as bears_on
        from (
            select
                {% for column in key %}version.{{ column }},
                {% endfor -%}
                version._delivered_on,
                {{ content_of('version', content) }} as content,
                lag({{ content_of('version', content) }}) over (
                    partition by {% for column in key %}version.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
                    order by
                        version.updated_at asc nulls first,
                        version._delivered_on asc,
                        version._source_file asc,
                        version._row_number asc
                ) as content_before,
                late_key.first_bears_on
            from {{ ref(stage) }} as version
            inner join (
                select
                    keyed.*
                from (
                    select
                        {% for column in key %}any_version.{{ column }},
                        {% endfor -%}
                        max(any_version._delivered_on) as last_delivered_on,
                        coalesce(min({{ bears_on }}), {{ first_day() }}) as first_bears_on
                    from {{ ref(stage) }} as any_version
                    group by {% for column in key %}any_version.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
                ) as keyed
                cross join {{ ref('int_closing_bounds') }} as bounds
                where
                    keyed.last_delivered_on > bounds.first_delivered_on
                    and keyed.last_delivered_on
                    > {{ add_days(last_day_of_month('keyed.first_bears_on'), 'bounds.least_close_after_days') }}
            ) as late_key
                on {% for column in key %}version.{{ column }} = late_key.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
        ) as ordered
        where
            ordered.content_before is null
            or ordered.content_before <> ordered.content
    ) as changed
    inner join (
        select distinct
            {% for column in key %}any_version.{{ column }},
            {% endfor -%}
            any_version.{{ patient }} as patient_id
        from {{ ref(stage) }} as any_version
        where any_version.{{ patient }} is not null
    ) as concerned
        on {% for column in key %}changed.{{ column }} = concerned.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
{%- endmacro %}

{#- One string of the columns that matter, so that two versions can be told apart. -#}
{% macro content_of(version, columns) -%}
{% for column in columns -%}
coalesce(cast({{ version }}.{{ column }} as {{ dbt.type_string() }}), '') || '|'
                {%- if not loop.last %} || {% endif %}
{%- endfor %}
{%- endmacro %}

{#- The feeds whose late changes can change a closed month. -#}
{% macro late_feeds() -%}
{{ return(['care_activity', 'consent', 'coverage', 'encounter', 'episode', 'patient', 'staffing', 'team']) }}
{%- endmacro %}
