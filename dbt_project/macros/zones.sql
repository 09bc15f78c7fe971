{#-
    Local time without an engine's own zone functions: a join on a table of offsets, which every engine does alike
    and in a hundredth of the time. A local time that occurs twice is the first; one that does not exist moves forward.
-#}

{#- The offset in force at a UTC instant. -#}
{% macro join_offset_at(offset, time_zone, instant) -%}
left join {{ ref('stg_reference__zone_offset_utc') }} as {{ offset }}
        on {{ time_zone }} = {{ offset }}.time_zone
        and cast(extract(year from {{ instant }}) as integer) = {{ offset }}.utc_year
        and {{ instant }} >= {{ offset }}.utc_from
        and {{ instant }} < {{ offset }}.utc_until
{%- endmacro %}

{#- The local date of a UTC instant, its offset joined before. -#}
{% macro local_date(instant, offset) -%}
cast({{ dbt.dateadd('second', 'coalesce(' ~ offset ~ '.offset_seconds, 0)', instant) }} as date)
{%- endmacro %}

{#- The first local date that a time as it was sent can have: no zone is more than 12 hours behind UTC. -#}
{% macro first_local_date(time, is_local='false') -%}
case when {{ is_local }} then cast({{ time }} as date) else cast({{ dbt.dateadd('hour', -12, time) }} as date) end
{%- endmacro %}

{#- The offset of a time that was sent without one. -#}
{% macro join_offset_of_local(offset, time_zone, local_time, is_local='true') -%}
left join {{ ref('stg_reference__zone_offset_local') }} as {{ offset }}
        on case when {{ is_local }} then {{ time_zone }} end = {{ offset }}.time_zone
        and cast(extract(year from {{ local_time }}) as integer) = {{ offset }}.local_year
        and {{ local_time }} >= {{ offset }}.local_from
        and {{ local_time }} < {{ offset }}.local_until
{%- endmacro %}

{#- The UTC instant of a time as it was sent, its local offset joined before (none where it was sent with one). -#}
{% macro utc_instant(time, offset) -%}
{{ dbt.dateadd('second', '-coalesce(' ~ offset ~ '.offset_seconds, 0)', time) }}
{%- endmacro %}

{#-
    The zone of a row that belongs to no episode: its own team's, else its encounter's team's, else that of its
    practitioner's team on the UTC date, else that of the patient's panel team, else the configured default.
    Each argument names a column, or is left out where the row has none.
-#}
{% macro join_row_time_zone(row, at, team=none, encounter=none, practitioner=none, patient=none) -%}
cross join {{ ref('stg_reference__run_context') }} as zone_of_last_resort
    {%- if team %}
    left join {{ ref('int_team_zoned') }} as zone_of_team
        on {{ team }} = zone_of_team.team_id
    {%- endif %}
    {%- if encounter %}
    left join {{ ref('int_encounter_latest') }} as zone_of_encounter
        on {{ encounter }} = zone_of_encounter.encounter_id
    {%- endif %}
    {%- if practitioner %}
    left join {{ ref('int_practitioner_home_team') }} as zone_of_practitioner
        on {{ practitioner }} = zone_of_practitioner.practitioner_id
        and {{ at }} >= zone_of_practitioner.valid_from
        and {{ at }} < zone_of_practitioner.valid_until
    {%- endif %}
    {%- if patient %}
    left join {{ ref('int_panel_period') }} as zone_of_panel
        on {{ patient }} = zone_of_panel.patient_id
        and {{ at }} >= zone_of_panel.valid_from
        and {{ at }} < zone_of_panel.valid_until
    {%- endif %}
{%- endmacro %}

{% macro row_time_zone(team=true, encounter=false, practitioner=true, patient=true) -%}
coalesce(
            {%- if team %}zone_of_team.time_zone, {% endif %}
            {%- if encounter %}zone_of_encounter.team_time_zone, {% endif %}
            {%- if practitioner %}zone_of_practitioner.time_zone, {% endif %}
            {%- if patient %}zone_of_panel.time_zone, {% endif -%}
            zone_of_last_resort.default_time_zone
        )
{%- endmacro %}
