with source as (
    select * from {{ source('feed', 'observation') }}
),

final as (
    select
        observation_id,
        patient_id,
        encounter_id,
        code_system,
        code,
        value_code,
        value_number,
        observed_at,
        observed_at_is_local,
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
