-- Who and where: the latest version of what the ledger needs, teams with their zones, episodes of the programs.
create temp table latest_team as
select
    team_id,
    facility_type,
    coalesce(zone.time_zone, getvariable('default_zone')) as time_zone
from (
    from team
    qualify row_number() over (partition by team_id order by updated_at desc nulls last, rowid desc) = 1
) as team
left join (select distinct time_zone from offset_utc) as zone using (time_zone)
where not coalesce(is_deleted, false);

create temp table latest_practitioner as
from practitioner
qualify row_number() over (partition by practitioner_id order by updated_at desc nulls last, rowid desc) = 1;
delete from latest_practitioner where is_deleted;

create temp table latest_staffing as
select
    practitioner_id,
    team_id,
    role,
    fte,
    coalesce(effective_from, date '1000-01-01') as valid_from,
    coalesce(effective_to + 1, date '9999-12-31') as valid_until
from (
    from staffing
    qualify row_number() over (
        partition by practitioner_id, team_id, role, effective_from order by updated_at desc nulls last, rowid desc
    ) = 1
)
where not coalesce(is_deleted, false);

create temp table enrolment as
select
    episode.episode_id,
    episode.patient_id,
    episode.program,
    episode.team_id,
    coalesce(latest_team.time_zone, getvariable('default_zone')) as time_zone,
    episode.care_manager_id,
    episode.billing_practitioner_id,
    episode.started_on,
    coalesce(episode.ended_on, date '9999-12-31') as last_day_on,
    case episode.program when 'cocm' then 1 when 'bhi' then 2 end as precedence
from (
    from episode
    qualify row_number() over (partition by episode_id order by updated_at desc nulls last, rowid desc) = 1
) as episode
left join latest_team using (team_id)
where
    not coalesce(episode.is_deleted, false)
    and episode.status in ('active', 'onhold', 'finished')
    and episode.program in ('cocm', 'bhi', 'apcm')
    and (episode.ended_on is null or episode.started_on <= episode.ended_on);

-- Everything below is kept for the patients of the ledger alone.
create temp table ledger_patient as
select patient_id from enrolment
union
select patient_id from care_activity where patient_id is not null;

create temp table latest_patient as
from patient semi join ledger_patient using (patient_id)
qualify row_number() over (partition by patient_id order by updated_at desc nulls last, patient.rowid desc) = 1;
delete from latest_patient where is_deleted;

create temp table latest_consent as
from consent semi join ledger_patient using (patient_id)
qualify row_number() over (partition by consent_id order by updated_at desc nulls last, consent.rowid desc) = 1;
delete from latest_consent where is_deleted or status not in ('active', 'inactive');

create temp table latest_encounter as
from encounter semi join ledger_patient using (patient_id)
qualify row_number() over (partition by encounter_id order by updated_at desc nulls last, encounter.rowid desc) = 1;
delete from latest_encounter where is_deleted;

create temp table latest_condition as
from condition semi join ledger_patient using (patient_id)
qualify row_number() over (partition by condition_id order by updated_at desc nulls last, condition.rowid desc) = 1;
delete from latest_condition where is_deleted;

create temp table latest_claim_line as
from claim_line semi join ledger_patient using (patient_id)
qualify row_number() over (partition by claim_line_id order by updated_at desc nulls last, claim_line.rowid desc) = 1;
delete from latest_claim_line where is_deleted;

create temp table latest_case_review as
from case_review semi join ledger_patient using (patient_id)
qualify row_number() over (partition by review_id order by updated_at desc nulls last, case_review.rowid desc) = 1;
delete from latest_case_review where is_deleted or status = 'entered-in-error';

create temp table latest_assessment as
select assessment.*, instrument.is_validated
from assessment semi join ledger_patient using (patient_id)
left join assessment_instrument as instrument
    on assessment.instrument = instrument.instrument
    and assessment.taken_at::date
    between coalesce(instrument.valid_from, date '1000-01-01') and coalesce(instrument.valid_to, date '9999-12-31')
where coalesce(assessment.is_deleted, false) or coalesce(assessment.score between instrument.min_score and instrument.max_score, true)
qualify row_number() over (partition by assessment_id order by updated_at desc nulls last, assessment.rowid desc) = 1;
delete from latest_assessment where is_deleted or score is null or status not in ('final', 'amended', 'corrected');

-- The primary coverage of each patient, cut wherever another may go first.
create temp table coverage_period as
with held as (
    select
        patient_id,
        coverage_id,
        payer_id,
        rank,
        coalesce(effective_from, date '1000-01-01') as valid_from,
        coalesce(effective_to + 1, date '9999-12-31') as valid_until
    from (
        from coverage semi join ledger_patient using (patient_id)
        qualify row_number() over (partition by coverage_id order by updated_at desc nulls last, coverage.rowid desc) = 1
    )
    where not coalesce(is_deleted, false)
),

border as (
    select patient_id, valid_from as border_on from held
    union
    select patient_id, valid_until from held
),

period as (
    select patient_id, border_on, lead(border_on) over (partition by patient_id order by border_on) as next_border_on
    from border
)

select
    period.patient_id,
    held.coverage_id,
    held.payer_id,
    period.border_on as valid_from,
    period.next_border_on as valid_until
from period
join held
    on period.patient_id = held.patient_id and period.border_on >= held.valid_from and period.border_on < held.valid_until
where period.next_border_on is not null
qualify row_number() over (
    partition by period.patient_id, period.border_on
    order by held.rank nulls last, held.valid_from desc, held.coverage_id
) = 1;

-- In which role a staff member stands, for each policy and program, cut in the same way.
create temp table standing as
with held as (
    select
        latest_staffing.*,
        policy.policy_version,
        program.program,
        coalesce(list_contains(
            string_split(case program.program
                when 'cocm' then policy.countable_roles_cocm when 'bhi' then policy.countable_roles_bhi
            end, ';'), latest_staffing.role
        ), false) as is_countable
    from latest_staffing
    cross join payer_policy as policy
    cross join (values ('cocm'), ('bhi'), ('none')) as program(program)
    where latest_staffing.valid_from < latest_staffing.valid_until
),

border as (
    select practitioner_id, valid_from as border_on from latest_staffing
    union
    select practitioner_id, valid_until from latest_staffing
),

period as (
    select
        practitioner_id,
        border_on,
        lead(border_on) over (partition by practitioner_id order by border_on) as next_border_on
    from border
)

select
    period.practitioner_id,
    held.policy_version,
    held.program,
    held.role,
    held.is_countable,
    period.border_on as valid_from,
    period.next_border_on as valid_until
from period
join held
    on period.practitioner_id = held.practitioner_id
    and period.border_on >= held.valid_from
    and period.border_on < held.valid_until
where period.next_border_on is not null
qualify row_number() over (
    partition by period.practitioner_id, held.policy_version, held.program, period.border_on
    order by held.is_countable desc, held.fte desc nulls last, held.team_id, held.role
) = 1;
