-- The last credited contact of an episode, and how many there were lately.
with segment as (
    select * from {{ ref('fct_minute_segment') }}
    where
        disposition = 'credited'
        and episode_id is not null
),

activity_type as (
    select * from {{ ref('activity_type') }}
    where is_contact
),

final as (
    select
        segment.episode_id,
        max(segment.service_on) as last_contact_on,
        cast(count(distinct case
            when segment.service_on > {{ add_days(as_of_date(), '-' ~ threshold_days('recent_contact_days')) }}
                then segment.entry_id
        end) as integer) as recent_contacts
    from segment
    inner join activity_type
        on segment.activity_code = activity_type.activity_code
        and {{ in_period('segment.service_on', 'activity_type.valid_from', 'activity_type.valid_to') }}
    group by segment.episode_id
)

select * from final
