-- Why an episode is discussed with its consultant: each raised flag that weighs something.
with flag as (
    select * from {{ ref('int_registry_flag') }}
),

registry_row as (
    select * from {{ ref('int_registry_row') }}
    where
        program = 'cocm'
        or (program = 'bhi' and psychiatric_consultant_id is not null)
),

flag_row as (
    select * from {{ ref('registry_flag') }}
    where
        {{ in_period(as_of_date(), 'valid_from', 'valid_to') }}
        and review_weight > 0
),

raised as (
    {%- for name in registry_flags() %}
    select episode_id, '{{ name }}' as flag
    from flag
    where {{ name }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        registry_row.episode_id,
        raised.flag,
        flag_row.review_weight,
        flag_row.reason
    from registry_row
    inner join raised
        on registry_row.episode_id = raised.episode_id
    inner join flag_row
        on raised.flag = flag_row.flag
)

select * from final
