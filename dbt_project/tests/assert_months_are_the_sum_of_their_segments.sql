-- A returned row is a patient's month whose seconds differ from those of its segments, in all or by disposition,
-- role or activity class, or whose minutes are not its credited seconds rounded down once; or segments without a
-- month. Look first at int_month_seconds: a role or class that dbt_project/macros/ledger.sql does not list is
-- counted nowhere.
{{ config(severity='error', meta={'owner': 'data_engineering'}) }}

with patient_month as (
    select * from {{ ref('fct_patient_month') }}
),

segment as (
    select
        patient_id,
        program,
        service_month,
        sum(case when disposition = 'credited' then seconds else 0 end) as credited_seconds,
        sum(case when disposition <> 'credited' then seconds else 0 end) as uncredited_seconds
    from {{ ref('fct_minute_segment') }}
    where
        episode_id is not null
        and service_month <= {{ as_of_date() }}
    group by patient_id, program, service_month
),

final as (
    select
        coalesce(patient_month.patient_id, segment.patient_id) as patient_id,
        coalesce(patient_month.program, segment.program) as program,
        coalesce(patient_month.service_month, segment.service_month) as service_month,
        patient_month.credited_seconds,
        segment.credited_seconds as credited_seconds_of_segments
    from patient_month
    full outer join segment
        on patient_month.patient_id = segment.patient_id
        and patient_month.program = segment.program
        and patient_month.service_month = segment.service_month
    where
        patient_month.patient_id is null
        or patient_month.credited_seconds <> coalesce(segment.credited_seconds, 0)
        or patient_month.uncredited_seconds <> coalesce(segment.uncredited_seconds, 0)
        or patient_month.credited_minutes <> floor(patient_month.credited_seconds / 60)
        or patient_month.uncredited_seconds <> 0
        {%- for disposition in uncredited_dispositions() %}
        + patient_month.{{ disposition }}_seconds
        {%- endfor %}
        or patient_month.credited_seconds <> 0
        {%- for role in staff_roles() %}
        + patient_month.credited_{{ role }}_seconds
        {%- endfor %}
        or patient_month.credited_seconds <> 0
        {%- for activity_class in activity_classes() %}
        + patient_month.credited_{{ activity_class }}_seconds
        {%- endfor %}
)

select * from final
