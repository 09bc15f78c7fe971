{#- The length of a segment in whole seconds. -#}
{% macro segment_seconds() -%}
{{ seconds_between('segment.started_at', 'segment.ended_at') }}
{%- endmacro %}

{#- The ways in which a second does not count, as seeds/disposition.csv orders them. -#}
{% macro uncredited_dispositions() -%}
{{ return([
    'voided', 'duplicate', 'future_dated', 'unknown_patient', 'unknown_staff', 'no_episode', 'after_death',
    'outside_consent', 'unqualified_staff', 'not_countable_activity', 'billed_separately', 'facility_stay',
    'staff_overlap', 'patient_overlap',
]) }}
{%- endmacro %}

{#- The roles of the staffing feed. -#}
{% macro staff_roles() -%}
{{ return(['pcp', 'bhc', 'care_manager', 'psychiatric_consultant', 'nurse', 'administrator', 'other']) }}
{%- endmacro %}

{#- The countable classes of seeds/activity_type.csv. -#}
{% macro activity_classes() -%}
{{ return(['contact', 'planning', 'coordination', 'consultation', 'registry', 'documentation']) }}
{%- endmacro %}

{#- Of the rungs of a month, those that a number of minutes reaches. -#}
{% macro codes_reached(minutes) -%}
max(case when rung = 'base' and floor_minutes <= {{ minutes }} then procedure_code end) as base_code,
        max(case when rung = 'below_base' and floor_minutes <= {{ minutes }} then procedure_code end) as below_base_code,
        max(case when rung = 'addon' then procedure_code end) as addon_code,
        sum(case when rung = 'addon' and floor_minutes <= {{ minutes }} then 1 else 0 end) as addon_units
{%- endmacro %}

{#- What an entry takes from the version whose interval counts. -#}
{% macro entry_columns(version) -%}
{{ version }}.knowledge_id,
        {{ version }}.entry_id,
        {{ version }}.patient_id,
        {{ version }}.staff_id,
        {{ version }}.activity_code,
        {{ version }}.encounter_id,
        {{ version }}.time_zone,
        {{ version }}.started_at,
        {{ version }}.ended_at,
        cast({{ version }}.worked_seconds as bigint) as worked_seconds,
        {{ version }}.documented_at,
        {{ version }}.site_columns
{%- endmacro %}
