{#-
    Time that is claimed twice: the rows of each claimant are sorted once by (start, entry_id), and each loses what lies
    before the furthest end of the rows before it, to the entry that reaches that far.
    relation: a CTE with knowledge_id, entry_id, piece_number, starts_at, ends_at and the claimant's column.
-#}

{#- The rows of a relation, each with the furthest end among those that claimed before it. -#}
{% macro reach_before(relation, claimant) -%}
select
        {{ relation }}.*,
        max({{ relation }}.ends_at) over (
            partition by {{ relation }}.knowledge_id, {{ relation }}.{{ claimant }}
            order by {{ relation }}.starts_at, {{ relation }}.entry_id
            rows between unbounded preceding and 1 preceding
        ) as furthest_end_before
    from {{ relation }}
{%- endmacro %}

{#- Of rows that know how far the earlier ones reach, those that lose time, until when and to which entry. -#}
{% macro lost_time(reach, claimant) -%}
select
        ranked.knowledge_id,
        ranked.entry_id,
        ranked.piece_number,
        ranked.lost_until,
        ranked.lost_to_entry_id
    from (
        select
            later.knowledge_id,
            later.entry_id,
            later.piece_number,
            case
                when later.furthest_end_before < later.ends_at then later.furthest_end_before
                else later.ends_at
            end as lost_until,
            earlier.entry_id as lost_to_entry_id,
            row_number() over (
                partition by later.knowledge_id, later.entry_id, later.piece_number
                order by earlier.starts_at asc, earlier.entry_id asc
            ) as reach_rank
        from {{ reach }} as later
        inner join {{ reach }} as earlier
            on later.knowledge_id = earlier.knowledge_id
            and later.{{ claimant }} = earlier.{{ claimant }}
            and later.furthest_end_before = earlier.ends_at
            and (
                earlier.starts_at < later.starts_at
                or (earlier.starts_at = later.starts_at and earlier.entry_id < later.entry_id)
            )
        where later.furthest_end_before > later.starts_at
    ) as ranked
    where ranked.reach_rank = 1
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
