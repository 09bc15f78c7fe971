{#- The messages of schedulers that booked an appointment, the last one first. -#}
{% macro booking_messages() -%}
select
        version.appointment_id,
        version.booked_at as message_booked_at,
        version.booked_at_is_local as message_booked_at_is_local,
        row_number() over (
            partition by version.appointment_id
            order by
                {{ version_order('version') }}
        ) as booking_rank
    from {{ ref('stg_feed__appointment') }} as version
    where
        version.booked_at is not null
        and not version.is_deleted
        and version.site_columns like '%"x_siu_trigger"%'
{%- endmacro %}

{#-
    The messages that say with whom an appointment is and what for, the last one first, of appointments whose latest
    message leaves that as it was.
    latest: the common table expression of the latest versions.
-#}
{% macro naming_messages(latest) -%}
select
        version.appointment_id,
        version.practitioner_id,
        version.service_line,
        version.visit_type,
        version.modality,
        row_number() over (
            partition by version.appointment_id
            order by
                {{ version_order('version') }}
        ) as naming_rank
    from {{ ref('stg_feed__appointment') }} as version
    inner join {{ latest }} as latest
        on version.appointment_id = latest.appointment_id
    where
        latest.site_columns like '%resources_of_earlier_message%'
        and version.site_columns like '%"x_siu_trigger"%'
        and version.site_columns not like '%resources_of_earlier_message%'
        and not version.is_deleted
{%- endmacro %}
