{#-
    Cuts the overlapping periods of each owner into periods that do not overlap, and keeps in each the row that goes first.
    relation: a CTE with valid_from and valid_until (the first day no longer in it). owner: list of its key columns.
    columns: what is kept of the row. first: the order in which rows of one day are preferred, as `row_in_force.<column>`.
-#}
{% macro first_in_force(relation, owner, columns, first) -%}
{%- set owner_columns = owner | join(', ') -%}
select
        {% for column in owner + columns %}lone_row.{{ column }},
        {% endfor -%}
        lone_row.valid_from,
        lone_row.valid_until
    from {{ relation }} as lone_row
    inner join (
        select {{ owner_columns }} from {{ relation }} group by {{ owner_columns }} having count(*) = 1
    ) as lone_owner
        on {% for column in owner %}lone_row.{{ column }} = lone_owner.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    union all
    select
        {% for column in owner + columns %}ranked.{{ column }},
        {% endfor -%}
        ranked.valid_from,
        ranked.valid_until
    from (
        select
            {% for column in owner %}period.{{ column }},
            {% endfor -%}
            {% for column in columns %}row_in_force.{{ column }},
            {% endfor -%}
            period.valid_from,
            period.valid_until,
            row_number() over (
                partition by {% for column in owner %}period.{{ column }}, {% endfor %}period.valid_from
                order by {{ first }}
            ) as row_rank
        from (
            select
                {{ owner_columns }},
                border_on as valid_from,
                lead(border_on) over (partition by {{ owner_columns }} order by border_on) as valid_until
            from (
                select {{ owner_columns }}, valid_from as border_on from {{ relation }}
                union
                select {{ owner_columns }}, valid_until as border_on from {{ relation }}
            ) as border
        ) as period
        inner join {{ relation }} as row_in_force
            on {% for column in owner %}period.{{ column }} = row_in_force.{{ column }}
            and {% endfor %}period.valid_from >= row_in_force.valid_from
            and period.valid_from < row_in_force.valid_until
        inner join (
            select {{ owner_columns }} from {{ relation }} group by {{ owner_columns }} having count(*) > 1
        ) as shared_owner
            on {% for column in owner %}period.{{ column }} = shared_owner.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
        where period.valid_until is not null
    ) as ranked
    where ranked.row_rank = 1
{%- endmacro %}
