-- What a provider sent in a period, by method, and what it came to.
with period as (
    select * from {{ ref('int_period') }}
    where period_type in ('month', 'trailing_3_months')
),

referral as (
    select
        contact.*,
        period.period_type,
        period.period_start_on,
        row_number() over (
            partition by contact.referrer_id, period.period_type, period.period_start_on
            order by contact.days_to_contact asc nulls last, contact.referral_id asc
        ) as days_rank,
        count(contact.days_to_contact) over (
            partition by contact.referrer_id, period.period_type, period.period_start_on
        ) as contacted
    from {{ ref('int_referral_contact') }} as contact
    inner join period
        on contact.authored_on >= period.period_start_on
        and contact.authored_on <= period.period_end_on
    where contact.referrer_id is not null
),

final as (
    select
        referrer_id as pcp_id,
        period_type,
        period_start_on,
        cast(count(*) as integer) as referrals,
        {%- for method, name in [('warm_handoff', 'warm_handoffs'), ('order', 'ordered_referrals'),
            ('outreach', 'outreach_referrals'), ('self', 'self_referrals')] %}
        cast(sum(case when method = '{{ method }}' then 1 else 0 end) as integer) as {{ name }},
        {%- endfor %}
        cast(sum(case when method is null then 1 else 0 end) as integer) as referrals_of_unknown_method,
        cast(count(distinct patient_id) as integer) as patients_referred,
        cast(sum(case when is_converted then 1 else 0 end) as integer) as converted_referrals,
        cast(max(contacted) as integer) as contacted_referrals,
        avg(case
            when days_rank * 2 >= contacted and days_rank * 2 <= contacted + 2 and days_rank <= contacted
                then cast(days_to_contact as double)
        end) as median_days_to_contact
    from referral
    group by
        referrer_id,
        period_type,
        period_start_on
)

select * from final
