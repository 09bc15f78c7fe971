with referrer_count as (
    select * from {{ ref('int_referrer_count') }}
),

yielded as (
    select * from {{ ref('int_pcp_yield') }}
),

cut as (
    select
        {{ threshold('rate_interval_z') }} as interval_deviations,
        {{ threshold('funnel_inner_sd') }} as inner_deviations,
        {{ threshold('funnel_outer_sd') }} as outer_deviations,
        {{ threshold('funnel_minimum_count') }} as minimum_count
),

limited as (
    select
        referrer_count.*,
        {%- for name, part, whole in referrer_rates() %}
        {%- for side, word in [('-', 'low'), ('+', 'high')] %}
        {{ wilson_bound('referrer_count.' ~ part, 'referrer_count.' ~ whole, 'cut.interval_deviations', side) }}
            as {{ name }}_{{ word }},
        {{ funnel_limit('referrer_count.organization_' ~ name, 'referrer_count.' ~ whole, 'cut.inner_deviations', side) }}
            as {{ name }}_{{ word }}_2sd,
        {{ funnel_limit('referrer_count.organization_' ~ name, 'referrer_count.' ~ whole, 'cut.outer_deviations', side) }}
            as {{ name }}_{{ word }}_3sd,
        {%- endfor %}
        {%- endfor %}
        cut.minimum_count
    from referrer_count
    cross join cut
),

signalled as (
    select
        limited.*,
        {%- for name, part, whole in referrer_rates() %}
        {{ funnel_signal(
            'limited.' ~ name, 'limited.' ~ whole, 'limited.minimum_count', 'limited.' ~ name ~ '_low_2sd',
            'limited.' ~ name ~ '_low_3sd', 'limited.' ~ name ~ '_high_2sd', 'limited.' ~ name ~ '_high_3sd'
        ) }} as {{ name }}_signal,
        {%- endfor %}
        case when limited.likely_eligible_seen is not null then limited.not_referred end as eligible_not_referred
    from limited
),

final as (
    select
        signalled.pcp_id,
        signalled.team_id,
        signalled.period_type,
        signalled.period_start_on,
        signalled.panel_patients,
        signalled.patients_seen,
        signalled.likely_eligible_seen,
        signalled.likely_eligible_referred,
        signalled.referrals,
        signalled.warm_handoffs,
        signalled.ordered_referrals,
        signalled.outreach_referrals,
        signalled.self_referrals,
        signalled.referrals_of_unknown_method,
        signalled.patients_referred,
        signalled.referral_rate,
        signalled.referral_rate_low,
        signalled.referral_rate_high,
        signalled.converted_referrals,
        signalled.contacted_referrals,
        signalled.conversion_rate,
        signalled.conversion_rate_low,
        signalled.conversion_rate_high,
        signalled.median_days_to_contact,
        signalled.visited_patients as panel_patients_visited,
        signalled.penetration,
        signalled.penetration_low,
        signalled.penetration_high,
        signalled.warm_handoff_share,
        signalled.warm_handoff_share_low,
        signalled.warm_handoff_share_high,
        cast(signalled.eligible_not_referred as integer) as eligible_not_referred,
        yielded.patients_enrolled,
        yielded.yield_minutes,
        yielded.yield_expected_usd,
        signalled.organization_referral_rate as organization_rate,
        signalled.referral_rate_signal as signal,
        {%- for name, part, whole in referrer_rates() %}
        {%- if not loop.first %}
        signalled.organization_{{ name }},
        signalled.{{ name }}_signal,
        {%- endif %}
        signalled.{{ name }}_low_3sd,
        signalled.{{ name }}_low_2sd,
        signalled.{{ name }}_high_2sd,
        signalled.{{ name }}_high_3sd,
        {%- endfor %}
        signalled.period_end_on
    from signalled
    inner join yielded
        on signalled.pcp_id = yielded.pcp_id
        and signalled.period_type = yielded.period_type
        and signalled.period_start_on = yielded.period_start_on
)

select * from final
