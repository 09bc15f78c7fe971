-- The contacts of a collaborative care episode in their order: credited entries of a contact activity.
with segment as (
    select * from {{ ref('fct_minute_segment') }}
    where
        disposition = 'credited'
        and program = 'cocm'
        and episode_id is not null
),

activity_type as (
    select * from {{ ref('activity_type') }}
    where is_contact
),

contact as (
    select
        segment.episode_id,
        segment.entry_id,
        min(segment.service_on) as contact_on,
        min(segment.started_at) as started_at
    from segment
    inner join activity_type
        on segment.activity_code = activity_type.activity_code
        and {{ in_period('segment.service_on', 'activity_type.valid_from', 'activity_type.valid_to') }}
    group by segment.episode_id, segment.entry_id
),

final as (
    select
        episode_id,
        entry_id,
        contact_on,
        cast(row_number() over (
            partition by episode_id
            order by contact_on asc, started_at asc, entry_id asc
        ) as integer) as contact_number
    from contact
)

select * from final
