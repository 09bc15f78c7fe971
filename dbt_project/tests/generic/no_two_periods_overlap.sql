{#- A returned row is a period [valid_from, valid_until) that is empty or that the owner's next period begins
    within: what is joined to it by date would be doubled. Look first at the macro first_in_force, which cuts
    periods apart. owner: the columns that name whose periods they are. -#}
{% test no_two_periods_overlap(model, owner) %}
with followed as (
    select
        {{ owner | join(', ') }},
        valid_from,
        valid_until,
        lead(valid_from) over (partition by {{ owner | join(', ') }} order by valid_from) as next_valid_from
    from {{ model }}
)

select * from followed
where
    valid_from is null
    or valid_until is null
    or valid_from >= valid_until
    or next_valid_from < valid_until
{% endtest %}
