-- How evenly return visits spread over the bands: the entropy of their shares, beside that of equal shares.
-- The entropy of shares n / N is ln N less the sum of n ln n / N.
with patient_period as (
    select * from {{ ref('int_bhc_patient_period') }}
),

spread as (
    select
        entity_type,
        entity_id,
        period_type,
        period_start_on,
        {%- for band in followup_bands() %}
        cast(sum(return_visits_{{ band }}) as double) as visits_{{ band }},
        {%- endfor %}
        cast(sum(return_visits) as double) as return_visits
    from patient_period
    group by entity_type, entity_id, period_type, period_start_on
),

final as (
    select
        entity_type,
        entity_id,
        period_type,
        period_start_on,
        ln(return_visits) - (
            {%- for band in followup_bands() %}
            {{ '+ ' if not loop.first }}case when visits_{{ band }} > 0 then visits_{{ band }} * ln(visits_{{ band }}) else 0 end
            {%- endfor %}
        ) / return_visits as entropy,
        ln(cast({{ followup_bands() | length }} as double)) as entropy_of_equal_shares
    from spread
    where return_visits > 0
)

select * from final
