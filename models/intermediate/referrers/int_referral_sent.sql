-- Referrals to behavioral health that count: written up to as_of_date, no draft, nothing that is not to be done.
with final as (
    select * from {{ ref('int_referral_latest') }}
    where
        service_line = 'behavioral_health'
        and status <> 'draft'
        and not coalesce(do_not_perform, false)
        and authored_on <= {{ as_of_date() }}
)

select * from final
