with source as (
    select * from {{ source('feed', 'claim_line') }}
),

final as (
    select
        claim_line_id,
        patient_id,
        procedure_code,
        units,
        service_on,
        encounter_id,
        billing_practitioner_id,
        payer_id,
        status,
        submitted_on,
        paid_amount_usd,
        denial_reason,
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
