-- The seconds of a patient's month in a program, by what became of them.
with segment as (
    select * from {{ ref('int_segment') }}
    where program is not null
),

activity_type as (
    select * from {{ ref('activity_type') }}
),

final as (
    select
        segment.knowledge_id,
        segment.patient_id,
        segment.program,
        {{ month_of('segment.service_on') }} as service_month,
        cast(sum(case when segment.disposition = 'credited' then {{ segment_seconds() }} else 0 end) as bigint)
            as credited_seconds,
        cast(sum(case when segment.disposition <> 'credited' then {{ segment_seconds() }} else 0 end) as bigint)
            as uncredited_seconds,
        cast(count(distinct case
            when segment.disposition = 'credited' and activity_type.is_contact then segment.entry_id
        end) as integer) as contacts,
        min(case when segment.disposition = 'credited' then segment.started_at end) as first_credited_at,
        min(case when segment.disposition = 'credited' then segment.service_on end) as first_credited_on,
        min(case when segment.disposition = 'credited' then coalesce(segment.payer_id, '') end) as lowest_payer_id,
        max(case when segment.disposition = 'credited' then coalesce(segment.payer_id, '') end) as highest_payer_id
        {%- for disposition in uncredited_dispositions() %},
        cast(sum(case when segment.disposition = '{{ disposition }}' then {{ segment_seconds() }} else 0 end) as bigint)
            as {{ disposition }}_seconds
        {%- endfor %}
        {%- for role in staff_roles() %},
        cast(sum(case
            when segment.disposition = 'credited' and segment.staff_role = '{{ role }}' then {{ segment_seconds() }}
            else 0
        end) as bigint) as credited_{{ role }}_seconds
        {%- endfor %}
        {%- for activity_class in activity_classes() %},
        cast(sum(case
            when segment.disposition = 'credited' and activity_type.activity_class = '{{ activity_class }}'
                then {{ segment_seconds() }}
            else 0
        end) as bigint) as credited_{{ activity_class }}_seconds
        {%- endfor %}
    from segment
    left join activity_type
        on segment.activity_code = activity_type.activity_code
        and {{ in_period('segment.service_on', 'activity_type.valid_from', 'activity_type.valid_to') }}
    group by
        segment.knowledge_id,
        segment.patient_id,
        segment.program,
        {{ month_of('segment.service_on') }}
)

select * from final
