{#-
    Where time that is claimed twice belongs: the rows of each claimant are sorted once by (start, entry_id), and each loses
    what lies before the furthest end of the rows before it, to the entry that reaches that far.
    relation: a CTE with knowledge_id, entry_id, starts_at, ends_at and the claimant's column.
    Returns its rows with `lost_until` (null where nothing is lost) and `lost_to_entry_id`.
-#}
{% macro lose_overlap(relation, claimant) -%}
select
        reached.*,
        loser.lost_to_entry_id
    from (
        select
            sorted.*,
            case
                when sorted.furthest_end_before > sorted.ends_at then sorted.ends_at
                when sorted.furthest_end_before > sorted.starts_at then sorted.furthest_end_before
            end as lost_until
        from (
            {{ sorted_by_claimant(relation, claimant) }}
        ) as sorted
    ) as reached
    left join (
        select
            candidate.knowledge_id,
            candidate.entry_id,
            candidate.starts_at,
            candidate.lost_to_entry_id
        from (
            select
                later.knowledge_id,
                later.entry_id,
                later.starts_at,
                earlier.entry_id as lost_to_entry_id,
                row_number() over (
                    partition by later.knowledge_id, later.entry_id, later.starts_at
                    order by earlier.starts_at asc, earlier.entry_id asc
                ) as reach_rank
            from ({{ sorted_by_claimant(relation, claimant) }}) as later
            inner join {{ relation }} as earlier
                on later.knowledge_id = earlier.knowledge_id
                and later.{{ claimant }} = earlier.{{ claimant }}
                and later.furthest_end_before = earlier.ends_at
                and (
                    earlier.starts_at < later.starts_at
                    or (earlier.starts_at = later.starts_at and earlier.entry_id < later.entry_id)
                )
            where later.furthest_end_before > later.starts_at
        ) as candidate
        where candidate.reach_rank = 1
    ) as loser
        on reached.knowledge_id = loser.knowledge_id
        and reached.entry_id = loser.entry_id
        and reached.starts_at = loser.starts_at
{%- endmacro %}

{#- The rows of each claimant in the order in which they claim, with the furthest end among those before. -#}
{% macro sorted_by_claimant(relation, claimant) -%}
select
                {{ relation }}.*,
                max({{ relation }}.ends_at) over (
                    partition by {{ relation }}.knowledge_id, {{ relation }}.{{ claimant }}
                    order by {{ relation }}.starts_at, {{ relation }}.entry_id
                    rows between unbounded preceding and 1 preceding
                ) as furthest_end_before
            from {{ relation }}
{%- endmacro %}

{#- What every part of a slice keeps of it. -#}
{% macro part_columns() -%}
knowledge_id,
        entry_id,
        patient_id,
        staff_id,
        staff_role,
        activity_code,
        local_on,
        episode_id,
        program,
        payer_id,
        policy_version
{%- endmacro %}

{#- The answer that the parts of one segment share, as one string. -#}
{% macro answer_of(part) -%}
{{ part }}.disposition || '|' || coalesce({{ part }}.episode_id, '') || '|' || {{ part }}.policy_version || '|'
            || coalesce({{ part }}.lost_to_entry_id, '')
{%- endmacro %}
