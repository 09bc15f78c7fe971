{#- A returned row of a seed has a blank key, a period that ends before it starts, or a day that the next row of
    the same key claims too. Look first at valid_from and valid_to of the key in seeds/<seed>.csv: results would
    be doubled. -#}
{% test at_most_one_row_in_force(model, key_columns) %}
with rule as (
    select * from {{ model }}
),

beside_next as (
    select
        {% for key_column in key_columns %}
        rule.{{ key_column }},
        {% endfor %}
        rule.valid_from,
        rule.valid_to,
        lead(rule.valid_from) over (
            partition by {% for key_column in key_columns %}rule.{{ key_column }}{{ ', ' if not loop.last }}{% endfor %}
            order by rule.valid_from asc, rule.valid_to asc nulls last
        ) as next_valid_from
    from rule
),

final as (
    select * from beside_next
    where
        {% for key_column in key_columns %}
        beside_next.{{ key_column }} is null
        or {% endfor %}beside_next.valid_from is null
        or beside_next.valid_to < beside_next.valid_from
        or beside_next.next_valid_from <= coalesce(beside_next.valid_to, beside_next.next_valid_from)
)

select * from final
{% endtest %}
