with source as (
    select * from {{ source('feed', 'claim_line') }}
),

final as (
    select
        claim_line_id,
        patient_id,
        -- A code has five characters; some write up to four modifiers behind it, or a fraction that a spreadsheet has added.
        upper(
            case
                when
                    (length(procedure_code) between 6 and 11 or length(procedure_code) in (14, 17))
                    and substring(procedure_code, 6, 1) in ('-', ' ', ':', '.', ',', '/')
                    then left(procedure_code, 5)
                else procedure_code
            end
        ) as procedure_code,
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
