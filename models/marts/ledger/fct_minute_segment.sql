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

excluded_segment as (
    select * from {{ ref('int_segment') }}
    where
        knowledge_id = 'current'
        and disposition in ('billed_separately', 'facility_stay')
),

entry_exclusion as (
    select * from {{ ref('int_entry_exclusion') }}
    where knowledge_id = 'current'
),

-- Of the visits to which the time of a segment belongs, the first.
excluding as (
    select
        excluded_segment.entry_id,
        excluded_segment.segment_number,
        entry_exclusion.encounter_id,
        entry_exclusion.visit_kind,
        row_number() over (
            partition by excluded_segment.entry_id, excluded_segment.segment_number
            order by entry_exclusion.excluded_from, entry_exclusion.encounter_id
        ) as visit_rank
    from excluded_segment
    inner join entry_exclusion
        on excluded_segment.entry_id = entry_exclusion.entry_id
        and excluded_segment.disposition = entry_exclusion.exclusion
        and excluded_segment.started_at < entry_exclusion.excluded_until
        and excluded_segment.ended_at > entry_exclusion.excluded_from
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
        excluding.encounter_id as excluding_encounter_id,
        excluding.visit_kind as excluding_visit_kind,
        entry.site_columns
    from segment
    left join entry
        on segment.entry_id = entry.entry_id
    left join excluding
        on segment.entry_id = excluding.entry_id
        and segment.segment_number = excluding.segment_number
        and excluding.visit_rank = 1
)

select * from final
