-- What every part of the marts needs: the cuts in force, the periods, and how overlapping rows give way to each other.
set variable cut = (
    select map_from_entries(list((name, value)))
    from threshold
    where
        getvariable('as_of')
        between coalesce(valid_from, date '1000-01-01') and coalesce(valid_to, date '9999-12-31')
);
create macro cut(wanted) as getvariable('cut')[wanted];
create macro cut_days(wanted) as getvariable('cut')[wanted]::int;
create macro day_after(last_on) as
    if(coalesce(last_on, date '9999-12-31') >= date '9999-12-31', date '9999-12-31', last_on + 1);
create macro holds(on_day, first_on, last_on) as
    on_day between coalesce(first_on, date '1000-01-01') and coalesce(last_on, date '9999-12-31');
create macro lists(cell, member) as list_contains(string_split(cell, ';'), member);
-- The local date of an instant. Facts by the million join the table of offsets instead, which is thirty times as fast.
create macro local_on(instant, zone) as timezone(zone, instant::timestamptz)::date;
create macro years_of_age(birth_date, on_day) as
    year(on_day) - year(birth_date) - (strftime(on_day, '%m%d') < strftime(birth_date, '%m%d'))::int;

-- Rows of one owner that overlap, cut so that one holds on each day: that which goes first.
create macro in_force(relation) as table
with held as (
    from query_table(relation)
    where valid_from < valid_until
),

shared as (
    from held
    semi join (select owner from held group by owner having count(*) > 1) using (owner)
),

period as (
    select
        owner,
        border_on as valid_from,
        lead(border_on) over (partition by owner order by border_on) as valid_until
    from (
        select owner, valid_from as border_on from shared
        union
        select owner, valid_until from shared
    )
)

select owner, item, valid_from, valid_until
from held
anti join shared using (owner)
union all
select owner, item, valid_from, valid_until
from (
    select
        shared.owner,
        shared.item,
        period.valid_from,
        period.valid_until,
        row_number() over (partition by shared.owner, period.valid_from order by shared.goes) as place
    from period
    join shared
        on period.owner = shared.owner
        and period.valid_from >= shared.valid_from
        and period.valid_from < shared.valid_until
    where period.valid_until is not null
)
where place = 1;

create temp table period as
select
    *,
    least(calendar_end_on, getvariable('as_of')) as period_end_on,
    (period_end_on - period_start_on + 1)::int as days
from (
    select distinct
        unit.period_type,
        date_trunc(unit.period_type, day_at)::date as period_start_on,
        (date_trunc(unit.period_type, day_at) + unit.length)::date - 1 as calendar_end_on
    from range(
        (getvariable('as_of') + 1)::timestamp - to_months(cut_days('kept_period_months')),
        (getvariable('as_of') + 1)::timestamp,
        interval 1 day
    ) as kept(day_at)
    cross join (
        values
            ('day', interval 1 day),
            ('week', interval 7 day),
            ('month', interval 1 month),
            ('quarter', interval 3 month),
            ('year', interval 1 year)
    ) as unit(period_type, length)
    union all
    select 'trailing_3_months', (getvariable('as_of') + 1 - interval 3 month)::date, getvariable('as_of')
    union all
    select 'trailing_365_days', getvariable('as_of') - 364, getvariable('as_of')
);

-- A dated fact finds its periods by one equal join.
create temp table period_day as
select period_type, period_start_on, unnest(range(period_start_on, period_end_on + 1, interval 1 day))::date as day_on
from period;
