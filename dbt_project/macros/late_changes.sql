{#-
    Changes of a feed that were delivered after the month that they bear on was closed.
    One row a patient, key and delivery: who is concerned, the first month that it bears on, when it came.
    A row that is delivered again unchanged is no change. A key that moved from one patient to another concerns both.
    stage: model of all versions. key: list of the business key's columns. patient: its column that names the patient.
    bears_on: a date; the change bears on its month and all later ones. content: what matters, as expressions of `version`.
    ends_on: a date of `version` after which the row says nothing; where it alone changed, the change bears on what follows
    the earlier of the two ends.
-#}
{% macro late_changes(stage, key, patient, bears_on, content, ends_on=none) -%}
select distinct
        case side.is_before when 1 then changed.patient_before else changed.patient_after end as patient_id,
        case
            when changed.content_before = changed.content and changed.ends_on_before < changed.ends_on
                then changed.ends_on_before
            when changed.content_before = changed.content then changed.ends_on
            else changed.first_bears_on
        end as bears_on,
        changed._delivered_on as delivered_on
    from (
        select
            version._delivered_on,
            late_key.first_bears_on,
            version.{{ patient }} as patient_after,
            lag(version.{{ patient }}) over ({{ version_window(key) }}) as patient_before,
            {{ content_of(content) }} as content,
            lag({{ content_of(content) }}) over ({{ version_window(key) }}) as content_before,
            {{ end_of(ends_on) }} as ends_on,
            lag({{ end_of(ends_on) }}) over ({{ version_window(key) }}) as ends_on_before
        from {{ ref(stage) }} as version
        inner join (
            {{ late_keys(stage, key, bears_on) }}
        ) as late_key
            on {% for column in key %}version.{{ column }} = late_key.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    ) as changed
    cross join (select 0 as is_before union all select 1 as is_before) as side
    where
        (
            changed.content_before is null
            or changed.content_before <> changed.content
            or changed.ends_on_before <> changed.ends_on
        )
        and case side.is_before when 1 then changed.patient_before else changed.patient_after end is not null
{%- endmacro %}

{#- Keys of which a version was delivered after the first month that they bear on was closed. -#}
{% macro late_keys(stage, key, bears_on) -%}
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
{%- endmacro %}

{#- One string of what matters, so that two versions can be told apart. -#}
{% macro content_of(expressions) -%}
{% for expression in expressions -%}
coalesce(cast({{ expression }} as {{ dbt.type_string() }}), '') || '|'
                {%- if not loop.last %} || {% endif %}
{%- endfor %}
{%- endmacro %}

{% macro end_of(ends_on) -%}
{%- if ends_on %}coalesce({{ ends_on }}, {{ last_day_of_time() }}){% else %}{{ last_day_of_time() }}{% endif -%}
{%- endmacro %}

{% macro version_window(key) -%}
partition by {% for column in key %}version.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
                    order by
                        version.updated_at asc nulls first,
                        version._delivered_on asc,
                        version._source_file asc,
                        version._row_number asc
{%- endmacro %}

{#- The feeds whose late changes can change a closed month. -#}
{% macro late_feeds() -%}
{{ return(['care_activity', 'consent', 'coverage', 'encounter', 'episode', 'patient', 'staffing', 'team']) }}
{%- endmacro %}

{#- The patients for whom a staff member worked in the same moment as for one of a relation's patients. -#}
{% macro sharing_time_with(relation) -%}
select distinct
        {{ relation }}.knowledge_id,
        other_day.patient_id
    from {{ relation }}
    inner join worked_day as own_day
        on {{ relation }}.patient_id = own_day.patient_id
    inner join worked_day as other_day
        on own_day.staff_id = other_day.staff_id
        and own_day.worked_on = other_day.worked_on
        and own_day.started_at < other_day.ended_at
        and other_day.started_at < own_day.ended_at
        and own_day.patient_id <> other_day.patient_id
{%- endmacro %}
