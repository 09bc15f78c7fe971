-- Scores that count.
{{ config(materialized='view') }}

with assessment as (
    select * from {{ ref('int_assessment_latest') }}
),

final as (
    select * from assessment
    where score is not null
)

select * from final
