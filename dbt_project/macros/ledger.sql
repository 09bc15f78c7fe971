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
{{ return(['contact', 'no_contact']) }}
{%- endmacro %}
