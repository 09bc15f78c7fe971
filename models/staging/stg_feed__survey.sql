with source as (
    select * from {{ source('feed', 'survey') }}
),

final as (
    select
        survey_id,
        respondent_type,
        team_id,
        domain,
        score,
        score_max,
        taken_on,
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
