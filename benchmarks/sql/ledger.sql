-- The ledger: slices that lose time are cut where they lose it, and joined again where the answer stays the same.
create temp table part as
with competing as (
    select
        qualified.*,
        coalesce(staff_loss.lost_until, qualified.started_at) as staff_lost_until,
        staff_loss.lost_to as staff_lost_to,
        coalesce(patient_loss.lost_until, staff_loss.lost_until, qualified.started_at) as patient_lost_until,
        patient_loss.lost_to as patient_lost_to
    from qualified
    left join piece
        on qualified.entry_id = piece.entry_id
        and qualified.started_at >= piece.started_at
        and qualified.started_at < piece.ended_at
    left join staff_loss on piece.entry_id = staff_loss.entry_id and piece.started_at = staff_loss.started_at
    left join patient_loss on piece.entry_id = patient_loss.entry_id and piece.started_at = patient_loss.started_at
    where
        qualified.disqualification is null
        and (not qualified.is_whole or qualified.entry_id in (from losing_entry))
),

lost as (
    select
        * replace (least(staff_lost_until, ended_at) as ended_at, 'staff_overlap' as disqualification),
        staff_lost_to as lost_to_entry_id
    from competing
    where staff_lost_until > started_at
    union all
    select
        * replace (
            greatest(staff_lost_until, started_at) as started_at,
            least(patient_lost_until, ended_at) as ended_at,
            if(counts_concurrent_staff, 'credited', 'patient_overlap') as disqualification
        ),
        if(counts_concurrent_staff, null, patient_lost_to)
    from competing
    where patient_lost_until > greatest(started_at, staff_lost_until) and staff_lost_until < ended_at
    union all
    select
        * replace (greatest(patient_lost_until, started_at) as started_at, 'credited' as disqualification),
        null
    from competing
    where patient_lost_until < ended_at
)

select
    lost.* exclude (staff_lost_until, staff_lost_to, patient_lost_until, patient_lost_to)
from lost
union all
select *, null
from qualified
where not is_whole and disqualification is not null;

create temp table segment as
with compared as (
    select
        *,
        row(local_on, disqualification, episode_id, policy_version, lost_to_entry_id) as answer,
        (answer is distinct from lag(answer) over (partition by entry_id order by started_at))::int as begins
    from part
),

numbered as (
    select *, sum(begins) over (partition by entry_id order by started_at) as segment_number from compared
)

select
    entry_id,
    segment_number::int as segment_number,
    patient_id,
    episode_id,
    program,
    staff_id,
    staff_role,
    activity_code,
    min(started_at) as started_at,
    max(ended_at) as ended_at,
    local_on as service_on,
    date_trunc('month', local_on)::date as service_month,
    date_diff('second', min(started_at), max(ended_at)) as seconds,
    disqualification as disposition,
    payer_id,
    policy_version as rule_version,
    lost_to_entry_id
from numbered
group by all
union all
select
    entry_id,
    1,
    patient_id,
    episode_id,
    program,
    staff_id,
    staff_role,
    activity_code,
    started_at,
    ended_at,
    local_on,
    date_trunc('month', local_on)::date,
    date_diff('second', started_at, ended_at),
    coalesce(disqualification, 'credited'),
    payer_id,
    policy_version,
    null
from qualified
where is_whole and (disqualification is not null or entry_id not in (from losing_entry));
