with source as (
    select * from {{ source('feed', 'case_review') }}
),

final as (
    select
        review_id,
        patient_id,
        psychiatric_consultant_id,
        care_manager_id,
        reviewed_at,
        reviewed_at_is_local,
        recommendation,
        communicated_at,
        communicated_at_is_local,
        acted_at,
        acted_at_is_local,
        outcome,
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
