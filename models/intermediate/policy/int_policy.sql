-- A payer's policy and the stretch of days on which it decides.
with payer_policy as (
    select * from {{ ref('payer_policy') }}
),

final as (
    select
        payer_policy.*,
        coalesce(payer_policy.valid_from, {{ first_day() }}) as in_force_from,
        {{ day_after('payer_policy.valid_to') }} as in_force_until
    from payer_policy
)

select * from final
