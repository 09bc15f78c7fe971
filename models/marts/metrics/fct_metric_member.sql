{{ config(materialized='view') }}

with final as (
    {%- for model in metric_member_models() %}
    select
        {{ metric_member_columns() | join(',\n        ') }}
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
