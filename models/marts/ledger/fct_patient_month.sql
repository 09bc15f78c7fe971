with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

month_seconds as (
    select * from {{ ref('int_month_seconds') }}
    where knowledge_id = 'current'
),

final as (
    select
        claim_month.patient_id,
        claim_month.program,
        claim_month.service_month,
        claim_month.month_type,
        claim_month.credited_seconds,
        claim_month.credited_minutes,
        claim_month.uncredited_seconds,
        claim_month.contacts,
        claim_month.payer_id,
        claim_month.care_manager_id,
        claim_month.billing_practitioner_id,
        claim_month.team_id,
        claim_month.is_month_over,
        claim_month.days_left,
        claim_month.minutes_to_next_tier,
        cast(claim_month.next_tier_amount_usd as decimal(18, 2)) as next_tier_amount_usd,
        {%- for disposition in uncredited_dispositions() %}
        coalesce(month_seconds.{{ disposition }}_seconds, 0) as {{ disposition }}_seconds,
        {%- endfor %}
        {%- for role in staff_roles() %}
        coalesce(month_seconds.credited_{{ role }}_seconds, 0) as credited_{{ role }}_seconds,
        {%- endfor %}
        {%- for activity_class in activity_classes() %}
        coalesce(month_seconds.credited_{{ activity_class }}_seconds, 0) as credited_{{ activity_class }}_seconds,
        {%- endfor %}
        claim_month.episode_id
    from claim_month
    left join month_seconds
        on claim_month.patient_id = month_seconds.patient_id
        and claim_month.program = month_seconds.program
        and claim_month.service_month = month_seconds.service_month
)

select * from final
