-- The seconds of a patient's month in a program, by what became of them.
with segment as (
    select * from {{ ref('int_segment') }}
    where program is not null
),

activity_type as (
    select * from {{ ref('activity_type') }}
),

summed as (
    select
        segment.knowledge_id,
        segment.patient_id,
        segment.program,
        {{ month_of('segment.service_on') }} as service_month,
        segment.disposition,
        segment.staff_role,
        activity_type.activity_class,
        sum({{ segment_seconds() }}) as seconds,
        min(segment.started_at) as first_at,
        min(segment.service_on) as first_on,
        min(coalesce(segment.payer_id, '')) as lowest_payer_id,
        max(coalesce(segment.payer_id, '')) as highest_payer_id
    from segment
    left join activity_type
        on segment.activity_code = activity_type.activity_code
        and {{ in_period('segment.service_on', 'activity_type.valid_from', 'activity_type.valid_to') }}
    group by
        segment.knowledge_id,
        segment.patient_id,
        segment.program,
        {{ month_of('segment.service_on') }},
        segment.disposition,
        segment.staff_role,
        activity_type.activity_class
),

contact as (
    select
        segment.knowledge_id,
        segment.patient_id,
        segment.program,
        {{ month_of('segment.service_on') }} as service_month,
        cast(count(distinct segment.entry_id) as integer) as contacts
    from segment
    inner join activity_type
        on segment.activity_code = activity_type.activity_code
        and {{ in_period('segment.service_on', 'activity_type.valid_from', 'activity_type.valid_to') }}
        and activity_type.is_contact
    where segment.disposition = 'credited'
    group by
        segment.knowledge_id,
        segment.patient_id,
        segment.program,
        {{ month_of('segment.service_on') }}
),

pivoted as (
    select
        knowledge_id,
        patient_id,
        program,
        service_month,
        {%- for disposition in uncredited_dispositions() %}
        cast(sum(case when disposition = '{{ disposition }}' then seconds else 0 end) as bigint)
            as {{ disposition }}_seconds,
        {%- endfor %}
        {%- for role in staff_roles() %}
        cast(sum(case when disposition = 'credited' and staff_role = '{{ role }}' then seconds else 0 end) as bigint)
            as credited_{{ role }}_seconds,
        {%- endfor %}
        {%- for activity_class in activity_classes() %}
        cast(sum(
            case when disposition = 'credited' and activity_class = '{{ activity_class }}' then seconds else 0 end
        ) as bigint) as credited_{{ activity_class }}_seconds,
        {%- endfor %}
        cast(sum(case when disposition = 'credited' then seconds else 0 end) as bigint) as credited_seconds,
        cast(sum(case when disposition <> 'credited' then seconds else 0 end) as bigint) as uncredited_seconds,
        min(case when disposition = 'credited' then first_at end) as first_credited_at,
        min(case when disposition = 'credited' then first_on end) as first_credited_on,
        min(case when disposition = 'credited' then lowest_payer_id end) as lowest_payer_id,
        max(case when disposition = 'credited' then highest_payer_id end) as highest_payer_id
    from summed
    group by knowledge_id, patient_id, program, service_month
),

final as (
    select
        pivoted.*,
        coalesce(contact.contacts, 0) as contacts
    from pivoted
    left join contact
        on pivoted.knowledge_id = contact.knowledge_id
        and pivoted.patient_id = contact.patient_id
        and pivoted.program = contact.program
        and pivoted.service_month = contact.service_month
)

select * from final
