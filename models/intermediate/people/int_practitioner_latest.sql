with practitioner as (
    {{ latest_version('stg_feed__practitioner', ['practitioner_id']) }}
),

final as (
    select
        practitioner_id,
        npi,
        family_name,
        given_name,
        credential,
        site_columns
    from practitioner
)

select * from final
