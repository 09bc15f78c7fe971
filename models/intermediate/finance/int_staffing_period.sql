-- What a practitioner works in a role at a team on a date: the staffing row that began last.
with staffing as (
    select * from {{ ref('int_staffing_latest') }}
    where valid_from < valid_until
),

final as (
    {{ first_in_force('staffing', ['practitioner_id', 'team_id', 'role'], ['fte', 'hourly_cost_usd'],
        'row_in_force.valid_from desc') }}
)

select * from final
