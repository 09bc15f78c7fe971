with source as (
    select * from {{ source('feed', 'assessment') }}
),

final as (
    select
        assessment_id,
        patient_id,
        instrument,
        score,
        screen_result,
        not_done_reason,
        item9_score,
        taken_at,
        taken_at_is_local,
        encounter_id,
        status,
        updated_at,
        is_deleted,
        site_columns,
        _delivered_on,
        _source_file,
        _row_number,
        _file_id
    from source
    where _delivered_on <= {{ as_of_date() }}
)

select * from final
