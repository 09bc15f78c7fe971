{{ config(materialized='view') }}

with segment as (
    select * from {{ ref('int_segment') }}
    where knowledge_id = 'current'
),

entry as (
    select * from {{ ref('int_entry') }}
    where
        knowledge_id = 'current'
        and site_columns is not null
),

final as (
    select
        segment.entry_id,
        segment.segment_number,
        segment.patient_id,
        segment.episode_id,
        segment.program,
        segment.staff_id,
        segment.staff_role,
        segment.activity_code,
        segment.started_at,
        segment.ended_at,
        segment.service_on,
        {{ month_of('segment.service_on') }} as service_month,
        cast({{ segment_seconds() }} as bigint) as seconds,
        segment.disposition,
        segment.payer_id,
        segment.policy_version as rule_version,
        segment.lost_to_entry_id,
        entry.site_columns
    from segment
    left join entry
        on segment.entry_id = entry.entry_id
)

select * from final
