-- The counts behind a referrer's rates, and those of the organization in the same period.
with pcp_period as (
    select * from {{ ref('int_pcp_period') }}
),

seen as (
    select * from {{ ref('int_pcp_seen') }}
),

demand as (
    select * from {{ ref('int_pcp_demand') }}
),

referral as (
    select * from {{ ref('int_pcp_referral') }}
),

counted as (
    select
        pcp_period.pcp_id,
        pcp_period.team_id,
        pcp_period.period_type,
        pcp_period.period_start_on,
        pcp_period.period_end_on,
        pcp_period.panel_patients,
        pcp_period.visited_patients,
        coalesce(seen.patients_seen, 0) as patients_seen,
        demand.likely_eligible_seen,
        demand.likely_eligible_referred,
        {%- for name in ['referrals', 'warm_handoffs', 'ordered_referrals', 'outreach_referrals', 'self_referrals',
            'referrals_of_unknown_method', 'patients_referred', 'converted_referrals', 'contacted_referrals'] %}
        coalesce(referral.{{ name }}, 0) as {{ name }},
        {%- endfor %}
        referral.median_days_to_contact
    from pcp_period
    left join seen
        on pcp_period.pcp_id = seen.pcp_id
        and pcp_period.period_type = seen.period_type
        and pcp_period.period_start_on = seen.period_start_on
    left join demand
        on pcp_period.pcp_id = demand.pcp_id
        and pcp_period.period_type = demand.period_type
        and pcp_period.period_start_on = demand.period_start_on
    left join referral
        on pcp_period.pcp_id = referral.pcp_id
        and pcp_period.period_type = referral.period_type
        and pcp_period.period_start_on = referral.period_start_on
),

final as (
    select
        counted.*,
        {%- for name, part, whole in referrer_rates() %}
        cast(counted.{{ part }} as double) / nullif(counted.{{ whole }}, 0) as {{ name }},
        cast(sum(counted.{{ part }}) over (partition by counted.period_type, counted.period_start_on) as double)
        / nullif(sum(counted.{{ whole }}) over (partition by counted.period_type, counted.period_start_on), 0)
            as organization_{{ name }},
        {%- endfor %}
        coalesce(counted.likely_eligible_seen, 0) - coalesce(counted.likely_eligible_referred, 0) as not_referred
    from counted
)

select * from final
