with candidate as (
    select * from {{ ref('fct_claim_candidate') }}
),

segment as (
    select * from {{ ref('fct_minute_segment') }}
    where
        disposition = 'credited'
        and program is not null
),

final as (
    select
        candidate.candidate_id,
        segment.entry_id,
        segment.segment_number,
        segment.seconds
    from candidate
    inner join segment
        on candidate.patient_id = segment.patient_id
        and candidate.program = segment.program
        and candidate.service_month = segment.service_month
)

select * from final
