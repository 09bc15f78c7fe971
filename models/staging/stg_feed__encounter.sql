with source as (
    select * from {{ source('feed', 'encounter') }}
),

final as (
    select
        encounter_id,
        patient_id,
        practitioner_id,
        team_id,
        encounter_class,
        service_line,
        visit_type,
        modality,
        started_at,
        started_at_is_local,
        ended_at,
        ended_at_is_local,
        status,
        -- The contract parts codes by semicolons; some part them by other signs, write modifiers behind them (99214-25) or
        -- write them small. A modifier has two characters: as a member of the list it is no code.
        upper(translate(billing_codes, ',| -:./', ';;;;;;;')) as billing_codes,
        type_codes,
        discharge_disposition,
        referral_id,
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
