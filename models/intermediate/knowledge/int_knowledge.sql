-- What is reckoned: the present knowledge, and that of each closing day which something late concerns.
with run_context as (
    select * from {{ ref('stg_reference__run_context') }}
),

closing as (
    select * from {{ ref('int_closing') }}
),

concerned as (
    select distinct knowledge_id from {{ ref('int_knowledge_patient') }}
),

final as (
    select
        'current' as knowledge_id,
        true as is_current,
        as_of_date as known_on,
        cast(null as date) as closed_month
    from run_context
    union all
    select
        closing.knowledge_id,
        false as is_current,
        closing.closed_on as known_on,
        closing.closed_month
    from closing
    inner join concerned
        on closing.knowledge_id = concerned.knowledge_id
)

select * from final
