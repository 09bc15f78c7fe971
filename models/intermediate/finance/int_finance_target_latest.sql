-- The dollar amounts agreed with finance, as they are known now.
with finance_target as (
    {{ latest_version('stg_feed__finance_target', ['target_id']) }}
),

final as (
    select
        target_id,
        team_id,
        period_start_on,
        period_end_on,
        amount_usd,
        agreed_on
    from finance_target
)

select * from final
