-- Versions of assessments that were not refused.
{{ config(materialized='view') }}

with version as (
    select * from {{ ref('int_assessment_version') }}
),

final as (
    select * from version
    where reject_reason is null
)

select * from final
