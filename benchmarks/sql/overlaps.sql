-- Each slice with its episode, policy and the first reason why it cannot count; then who has claimed a moment first.
create temp table claimed as
select
    slice.entry_id,
    slice.started_at,
    entry_episode.episode_id,
    entry_episode.program,
    case when slice.started_at >= tested.midnight_at then tested.last_on else tested.first_on end as local_on
from slice
join entry_episode using (entry_id)
join entry_zone as tested
    on entry_episode.entry_id = tested.entry_id and entry_episode.time_zone = tested.time_zone
where
    case when slice.started_at >= tested.midnight_at then tested.last_on else tested.first_on end
    between entry_episode.started_on and entry_episode.last_day_on
qualify row_number() over (
    partition by slice.entry_id, slice.started_at
    order by entry_episode.precedence, entry_episode.started_on desc, entry_episode.episode_id
) = 1;

create temp table placed as
select
    slice.*,
    claimed.episode_id,
    claimed.program,
    coalesce(
        claimed.local_on,
        case when slice.started_at >= own_zone.midnight_at then own_zone.last_on else own_zone.first_on end
    ) as local_on
from slice
join entry_zone as own_zone on slice.entry_id = own_zone.entry_id and slice.time_zone = own_zone.time_zone
left join claimed on slice.entry_id = claimed.entry_id and slice.started_at = claimed.started_at;

create temp table consented as
select distinct placed.entry_id, placed.started_at
from placed
join latest_consent
    on placed.patient_id = latest_consent.patient_id
    and placed.program = latest_consent.program
    and placed.started_at >= latest_consent.granted_at
    and (latest_consent.revoked_at is null or latest_consent.revoked_at > placed.started_at);

create temp table qualified as
with governed as (
    select
        placed.*,
        coverage_period.payer_id,
        coalesce(own_policy.policy_version, default_policy.policy_version) as policy_version
    from placed
    left join coverage_period
        on placed.patient_id = coverage_period.patient_id
        and placed.local_on >= coverage_period.valid_from
        and placed.local_on < coverage_period.valid_until
    left join payer_policy as own_policy
        on coverage_period.payer_id = own_policy.payer_id
        and placed.local_on >= own_policy.in_force_from
        and placed.local_on < own_policy.in_force_until
    join payer_policy as default_policy
        on default_policy.payer_id = 'default'
        and placed.local_on >= default_policy.in_force_from
        and placed.local_on < default_policy.in_force_until
),

excluded as (
    select
        governed.entry_id,
        governed.started_at,
        bool_or(entry_exclusion.exclusion = 'billed_separately') as is_billed_separately,
        bool_or(entry_exclusion.exclusion = 'facility_stay') as is_facility_stay
    from governed
    join entry_exclusion
        on governed.entry_id = entry_exclusion.entry_id
        and governed.started_at >= entry_exclusion.started_at
        and governed.started_at < entry_exclusion.ended_at
    group by all
)

select
    governed.entry_id,
    governed.patient_id,
    governed.episode_id,
    governed.program,
    governed.staff_id,
    standing.role as staff_role,
    governed.activity_code,
    governed.started_at,
    governed.ended_at,
    governed.local_on,
    governed.is_whole,
    governed.payer_id,
    governed.policy_version,
    policy.counts_concurrent_staff,
    case
        when governed.is_void then 'voided'
        when governed.is_duplicate then 'duplicate'
        when governed.local_on > getvariable('as_of') then 'future_dated'
        when latest_patient.patient_id is null then 'unknown_patient'
        when latest_practitioner.practitioner_id is null then 'unknown_staff'
        when governed.episode_id is null then 'no_episode'
        when governed.local_on > latest_patient.deceased_on then 'after_death'
        when consented.entry_id is null then 'outside_consent'
        when not coalesce(standing.is_countable, false) then 'unqualified_staff'
        when not coalesce(activity_type.is_countable, false) then 'not_countable_activity'
        when excluded.is_billed_separately then 'billed_separately'
        when excluded.is_facility_stay and not policy.counts_facility_stay then 'facility_stay'
    end as disqualification
from governed
join payer_policy as policy using (policy_version)
left join latest_patient on governed.patient_id = latest_patient.patient_id
left join latest_practitioner on governed.staff_id = latest_practitioner.practitioner_id
left join standing
    on governed.staff_id = standing.practitioner_id
    and governed.policy_version = standing.policy_version
    and coalesce(governed.program, 'none') = standing.program
    and governed.local_on >= standing.valid_from
    and governed.local_on < standing.valid_until
left join activity_type
    on governed.activity_code = activity_type.activity_code
    and governed.local_on
    between coalesce(activity_type.valid_from, date '1000-01-01') and coalesce(activity_type.valid_to, date '9999-12-31')
left join consented on governed.entry_id = consented.entry_id and governed.started_at = consented.started_at
left join excluded on governed.entry_id = excluded.entry_id and governed.started_at = excluded.started_at;

-- Maximal runs of an entry's time that may count.
create temp table piece as
select entry_id, patient_id, staff_id, started_at, ended_at
from qualified where is_whole and disqualification is null
union all
select entry_id, any_value(patient_id), any_value(staff_id), min(started_at), max(ended_at)
from (
    select *, sum(begins) over (partition by entry_id order by started_at) as run
    from (
        select *, (started_at is distinct from lag(ended_at) over (partition by entry_id order by started_at))::int as begins
        from qualified where not is_whole and disqualification is null
    )
)
group by entry_id, run;

-- Each loses what lies before the furthest end of the pieces before it: first of its staff member, then of its patient.
create temp table staff_reach as
select
    *,
    max(ended_at) over (
        partition by staff_id order by started_at, entry_id rows between unbounded preceding and 1 preceding
    ) as reach
from piece;

create temp table staff_loss as
select loser.entry_id, loser.started_at, least(loser.reach, loser.ended_at) as lost_until, winner.entry_id as lost_to
from staff_reach as loser
join staff_reach as winner
    on loser.staff_id = winner.staff_id
    and loser.reach = winner.ended_at
    and (winner.started_at, winner.entry_id) < (loser.started_at, loser.entry_id)
where loser.reach > loser.started_at
qualify row_number() over (
    partition by loser.entry_id, loser.started_at order by winner.started_at, winner.entry_id
) = 1;

create temp table patient_reach as
select
    piece.entry_id,
    piece.patient_id,
    piece.started_at as piece_started_at,
    coalesce(staff_loss.lost_until, piece.started_at) as rest_started_at,
    piece.ended_at,
    max(piece.ended_at) over (
        partition by piece.patient_id order by coalesce(staff_loss.lost_until, piece.started_at), piece.entry_id
        rows between unbounded preceding and 1 preceding
    ) as reach
from piece
left join staff_loss on piece.entry_id = staff_loss.entry_id and piece.started_at = staff_loss.started_at
where staff_loss.lost_until is null or staff_loss.lost_until < piece.ended_at;

create temp table patient_loss as
select
    loser.entry_id,
    loser.piece_started_at as started_at,
    least(loser.reach, loser.ended_at) as lost_until,
    winner.entry_id as lost_to
from patient_reach as loser
join patient_reach as winner
    on loser.patient_id = winner.patient_id
    and loser.reach = winner.ended_at
    and (winner.rest_started_at, winner.entry_id) < (loser.rest_started_at, loser.entry_id)
where loser.reach > loser.rest_started_at
qualify row_number() over (
    partition by loser.entry_id, loser.piece_started_at order by winner.rest_started_at, winner.entry_id
) = 1;

create temp table losing_entry as
select entry_id from staff_loss
union
select entry_id from patient_loss;
