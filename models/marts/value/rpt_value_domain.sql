with measure as (
    select * from {{ ref('value_measure') }}
),

month as (
    select * from {{ ref('int_period') }}
    where period_type = 'month'
),

metric_value as (
    select * from {{ ref('fct_metric_value') }}
    where
        entity_type = 'team'
        and period_type = 'month'
),

survey as (
    select * from {{ ref('int_survey_latest') }}
    where
        score_max > 0
        and taken_on <= {{ as_of_date() }}
),

-- Sums of doubles depend on the order of the rows, so they are taken of decimals.
found as (
    select
        'metric' as kind,
        metric_id as source_id,
        period_start_on as month,
        sum(cast(numerator as decimal(18, 6))) as numerator,
        sum(cast(denominator as decimal(18, 6))) as denominator
    from metric_value
    group by metric_id, period_start_on
    union all
    select
        'survey' as kind,
        respondent_type || ':' || domain as source_id,
        taken_month as month,
        sum(cast(cast(score as double) / cast(score_max as double) as decimal(18, 6))) as numerator,
        count(*) as denominator
    from survey
    group by respondent_type, domain, taken_month
    union all
    select
        'event' as kind,
        source_id,
        month,
        numerator,
        denominator
    from {{ ref('int_value_event') }}
),

final as (
    select
        measure.domain,
        measure.measure,
        month.period_start_on as month,
        case when found.denominator > 0 then cast(found.numerator as double) end as numerator,
        case when found.denominator > 0 then cast(found.denominator as double) end as denominator,
        case when found.denominator > 0 then {{ ratio('found.numerator', 'found.denominator') }} end as value,
        case when found.denominator > 0 and found.numerator is not null then 'measured' else 'no_data' end as status,
        measure.better,
        measure.sentence,
        measure.caution,
        measure.sort_order
    from month
    inner join measure
        on {{ in_period('month.period_end_on', 'measure.valid_from', 'measure.valid_to') }}
    left join found
        on measure.kind = found.kind
        and measure.source_id = found.source_id
        and month.period_start_on = found.month
)

select * from final
