-- The scores that an episode in force is shown with as one list, oldest first: date, scale, score.
with score as (
    select * from {{ ref('int_registry_score') }}
),

final as (
    select
        episode_id,
        cast(count(*) as integer) as scores,
        {{ dbt.listagg(
            "cast(taken_on as " ~ dbt.type_string() ~ ") || ' ' || counts_as || ' ' || cast(score as " ~ dbt.type_string() ~ ")",
            "';'",
            "order by taken_on asc, counts_as asc"
        ) }} as score_history
    from score
    group by episode_id
)

select * from final
