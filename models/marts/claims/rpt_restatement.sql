with restated_month as (
    select * from {{ ref('int_restated_month') }}
),

candidate_line as (
    select * from {{ ref('int_candidate_line') }}
),

late_change as (
    select * from {{ ref('int_late_change') }}
),

bounds as (
    select * from {{ ref('int_closing_bounds') }}
),

line_of_month as (
    select distinct
        restated_month.*,
        candidate_line.candidate_id
    from restated_month
    inner join candidate_line
        on restated_month.patient_id = candidate_line.patient_id
        and restated_month.program = candidate_line.program
        and restated_month.service_month = candidate_line.service_month
        and candidate_line.knowledge_id in ('current', restated_month.knowledge_id)
),

compared as (
    select
        line_of_month.*,
        line_before.procedure_code as before_code,
        line_before.units as before_units,
        line_after.procedure_code as after_code,
        line_after.units as after_units
    from line_of_month
    left join candidate_line as line_before
        on line_of_month.knowledge_id = line_before.knowledge_id
        and line_of_month.candidate_id = line_before.candidate_id
    left join candidate_line as line_after
        on line_of_month.candidate_id = line_after.candidate_id
        and line_after.knowledge_id = 'current'
),

changed as (
    select * from compared
    where
        coalesce(before_code, '') <> coalesce(after_code, '')
        or coalesce(before_units, 0) <> coalesce(after_units, 0)
),

caused as (
    select
        changed.candidate_id,
        {%- for feed in late_feeds() %}
        max(case when late_change.feed = '{{ feed }}' then ';{{ feed }}' else '' end) as {{ feed }}_cause,
        {%- endfor %}
        max(late_change.delivered_on) as changed_on
    from changed
    inner join late_change
        on changed.patient_id = late_change.patient_id
        and late_change.delivered_on > changed.closed_on
        and late_change.bears_on <= changed.month_end_on
    group by changed.candidate_id
),

last_change as (
    select max(delivered_on) as delivered_on from late_change
),

final as (
    select
        changed.candidate_id,
        changed.closed_on,
        case
            when changed.is_before_first_delivery then bounds.first_delivered_on
            else coalesce(caused.changed_on, last_change.delivered_on)
        end as changed_on,
        changed.before_code,
        cast(changed.before_units as integer) as before_units,
        changed.after_code,
        cast(changed.after_units as integer) as after_units,
        case
            when changed.is_before_first_delivery then 'closed_before_first_delivery'
            when caused.candidate_id is null then 'time_shared_with_another_patient'
            else substring(
                {%- for feed in late_feeds() %}
                caused.{{ feed }}_cause{{ ' ||' if not loop.last }}
                {%- endfor %}, 2, 200
            )
        end as cause,
        changed.patient_id,
        changed.program,
        changed.service_month
    from changed
    cross join bounds
    cross join last_change
    left join caused
        on changed.candidate_id = caused.candidate_id
)

select * from final
