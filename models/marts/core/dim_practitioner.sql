with practitioner as (
    select * from {{ ref('int_practitioner_latest') }}
),

final as (
    select
        practitioner_id,
        npi,
        {{ is_npi('npi') }} as is_npi_valid,
        family_name,
        given_name,
        credential,
        site_columns
    from practitioner
)

select * from final
