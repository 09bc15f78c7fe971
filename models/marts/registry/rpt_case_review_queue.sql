with review_reason as (
    select * from {{ ref('int_review_reason') }}
),

registry_row as (
    select * from {{ ref('int_registry_row') }}
),

scored as (
    select
        episode_id,
        cast(sum(review_weight) as integer) as review_score,
        {{ dbt.listagg(
            "reason || ' (' || cast(review_weight as " ~ dbt.type_string() ~ ") || ')'",
            "'; '",
            "order by review_weight desc, flag asc"
        ) }} as reasons
    from review_reason
    group by episode_id
),

final as (
    select
        scored.episode_id,
        registry_row.patient_id,
        registry_row.psychiatric_consultant_id,
        registry_row.care_manager_id,
        registry_row.pcp_id,
        registry_row.team_id,
        registry_row.program,
        cast(row_number() over (
            partition by registry_row.psychiatric_consultant_id
            order by
                scored.review_score desc,
                registry_row.last_case_review_on asc nulls first,
                registry_row.days_in_treatment desc,
                scored.episode_id asc
        ) as integer) as queue_rank,
        scored.review_score,
        scored.reasons,
        registry_row.last_case_review_on,
        cast({{ days_between('registry_row.last_case_review_on', as_of_date()) }} as integer) as days_since_case_review,
        cast(registry_row.days_in_treatment as integer) as days_in_treatment
    from scored
    inner join registry_row
        on scored.episode_id = registry_row.episode_id
)

select * from final
