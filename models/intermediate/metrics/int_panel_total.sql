-- How large a panel was on the last day of each period, and how many of it a BHC had seen in the year to it.
with membership as (
    select * from {{ ref('int_panel_membership') }}
),

period as (
    select * from {{ ref('int_period') }}
    where period_type in {{ panel_period_types() }}
),

period_end as (
    select distinct period_end_on from period
),

seen as (
    select * from {{ ref('int_bhc_patient_year') }}
    where entity_type = 'organization'
),

panel_size as (
    select
        membership.entity_type,
        membership.entity_id,
        period_end.period_end_on,
        count(*) as panel_patients
    from membership
    inner join period_end
        on membership.valid_from <= period_end.period_end_on
        and membership.valid_until > period_end.period_end_on
    group by membership.entity_type, membership.entity_id, period_end.period_end_on
),

panel_seen as (
    select
        membership.entity_type,
        membership.entity_id,
        seen.period_end_on,
        count(*) as seen_patients
    from membership
    inner join seen
        on membership.patient_id = seen.patient_id
        and membership.valid_from <= seen.period_end_on
        and membership.valid_until > seen.period_end_on
    group by membership.entity_type, membership.entity_id, seen.period_end_on
),

sized as (
    select
        panel_size.entity_type,
        panel_size.entity_id,
        period.period_type,
        period.period_start_on,
        period.period_end_on,
        panel_size.panel_patients,
        coalesce(panel_seen.seen_patients, 0) as seen_patients
    from panel_size
    inner join period
        on panel_size.period_end_on = period.period_end_on
    left join panel_seen
        on panel_size.entity_type = panel_seen.entity_type
        and panel_size.entity_id = panel_seen.entity_id
        and panel_size.period_end_on = panel_seen.period_end_on
),

-- Panel rows are opened to patients from the newest period back, as far as the limit goes.
period_rows as (
    select
        period_type,
        period_start_on,
        sum(sum(panel_patients)) over (
            order by period_end_on desc, period_type asc, period_start_on asc
            rows between unbounded preceding and current row
        ) as rows_so_far
    from sized
    group by period_type, period_start_on, period_end_on
),

final as (
    select
        sized.entity_type,
        sized.entity_id,
        sized.period_type,
        sized.period_start_on,
        sized.period_end_on,
        cast(sized.panel_patients as integer) as panel_patients,
        cast(sized.seen_patients as integer) as seen_patients,
        period_rows.rows_so_far <= {{ threshold('panel_member_rows_most') }} as is_opened
    from sized
    inner join period_rows
        on sized.period_type = period_rows.period_type
        and sized.period_start_on = period_rows.period_start_on
)

select * from final
