with review_loop as (
    select * from {{ ref('int_case_review_loop') }}
),

stated as (
    select
        review_loop.*,
        case
            when coalesce(review_loop.recommendation, 'continue') = 'continue' then 'no_change'
            when review_loop.outcome = 'declined' then 'declined'
            when review_loop.outcome = 'acted' or review_loop.acted_on is not null then 'acted'
            when review_loop.communicated_on is not null then 'told'
            else 'not_told'
        end as state
    from review_loop
),

final as (
    select
        review_id,
        patient_id,
        episode_id,
        team_id,
        psychiatric_consultant_id,
        care_manager_id,
        recommendation,
        reviewed_on,
        communicated_on,
        acted_on,
        outcome,
        state,
        cast(
            case state
                when 'not_told' then {{ days_between('reviewed_on', as_of_date()) }}
                when 'told' then {{ days_between('communicated_on', as_of_date()) }}
            end as integer
        ) as days_open,
        cast({{ days_between('reviewed_on', as_of_date()) }} as integer) as days_since_review,
        cast({{ days_between('reviewed_on', 'communicated_on') }} as integer) as days_to_communicated,
        cast({{ days_between('communicated_on', 'acted_on') }} as integer) as days_from_communicated_to_acted
    from stated
)

select * from final
