with practitioner as (
    {{ latest_known('stg_feed__practitioner', ['practitioner_id']) }}
),

final as (
    select
        knowledge_id,
        practitioner_id,
        npi
    from practitioner
)

select * from final
