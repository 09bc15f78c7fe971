-- The one team that a primary care provider works in as such on a date: the largest FTE, then the lowest team_id.
with staffing as (
    select * from {{ ref('int_staffing_latest') }}
    where
        role = 'pcp'
        and valid_from < valid_until
),

final as (
    {{ first_in_force('staffing', ['practitioner_id'], ['team_id'],
        'row_in_force.fte desc nulls last, row_in_force.team_id asc') }}
)

select * from final
