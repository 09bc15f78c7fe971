"""The clean sample clinic: same bytes, right shape, whole references, days that somebody can work."""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.feeds.contract import load_contract
from orchestration.sample.clinic import write_night, write_sample
from orchestration.sample.planted import Planted, read_planted

AS_OF = date(2026, 11, 22)
PATIENTS, MONTHS, SEED = 400, 4, 11
LARGE = 10_000
CONTRACT = load_contract()
FEEDS = {feed.name: feed for feed in CONTRACT.feeds.values()}
CHECKED_BY_CAST = {
    "integer": "BIGINT",
    "decimal": "DECIMAL(18, 6)",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
}


def write(landing: Path, **other: object) -> Planted:
    arguments = {"patients": PATIENTS, "months": MONTHS, "seed": SEED, "as_of": AS_OF, "messy": False} | other
    return write_sample(landing, **arguments)  # type: ignore[arg-type]


def files(landing: Path) -> dict[str, str]:
    return {
        path.relative_to(landing).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(landing.rglob("*"))
        if path.is_file()
    }


def read(landing: Path) -> duckdb.DuckDBPyConnection:
    """All deliveries of each feed as text; `latest_<feed>` has the last version of each key."""
    engine = duckdb.connect()
    for name, feed in FEEDS.items():
        pattern = landing / name / "*" / "*.csv"
        engine.execute(
            f"create table {name} as select * from "
            f"read_csv('{pattern}', all_varchar = true, union_by_name = true, filename = true)"
        )
        engine.execute(
            f"create view latest_{name} as select * from {name} qualify row_number() over "
            f"(partition by {', '.join(feed.key)} order by filename desc) = 1"
        )
    engine.execute(
        """
        create table entry as
        select *, started_at::timestamp as starts,
            coalesce(ended_at::timestamp,
                started_at::timestamp + to_seconds(round(duration_minutes::double * 60)::bigint)) as ends
        from care_activity
        """
    )
    return engine


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    write(folder)
    return folder


@pytest.fixture(scope="module")
def clinic(landing: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    engine = read(landing)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def large_landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    write(folder, patients=LARGE)
    return folder


def count(engine: duckdb.DuckDBPyConnection, query: str) -> int:
    row = engine.execute(query).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.slow
def test_the_same_arguments_give_the_same_bytes(landing: Path, tmp_path: Path) -> None:
    write(tmp_path)
    assert files(tmp_path) == files(landing)


@pytest.mark.slow
def test_another_seed_gives_another_clinic(landing: Path, tmp_path: Path) -> None:
    write(tmp_path, seed=SEED + 1)
    one, other = files(landing), files(tmp_path)
    assert one["encounter/2026-11-22/encounter.csv"] != other["encounter/2026-11-22/encounter.csv"]


def test_every_feed_of_the_contract_is_written(landing: Path) -> None:
    assert {path.name for path in landing.iterdir() if path.is_dir()} == set(FEEDS)


def test_deliveries_are_monthly_and_the_last_is_dated_as_of(landing: Path) -> None:
    dates = sorted({path.name for path in landing.glob("*/*")})
    assert dates == ["2026-06-30", "2026-08-03", "2026-09-03", "2026-10-03", "2026-11-03", "2026-11-22"]


@pytest.mark.parametrize("name", sorted(FEEDS))
def test_a_feed_keeps_the_contract(clinic: duckdb.DuckDBPyConnection, name: str) -> None:
    feed = FEEDS[name]
    written = {row[0] for row in clinic.execute(f"describe {name}").fetchall()} - {"filename"}
    accepted = {column.name: column for column in feed.accepted}
    assert written <= set(accepted)
    assert set(feed.required) <= written
    for column in (accepted[one] for one in sorted(written)):
        if column.required:
            assert count(clinic, f"select count(*) from {name} where {column.name} is null") == 0
        if column.values:
            found = clinic.execute(
                f"select distinct {column.name} from {name} where {column.name} is not null"
            )
            assert {row[0] for row in found.fetchall()} <= set(column.values)
        if column.type in CHECKED_BY_CAST:
            cast = f"try_cast({column.name} as {CHECKED_BY_CAST[column.type]})"
            assert (
                count(clinic, f"select count(*) from {name} where {column.name} <> '' and {cast} is null")
                == 0
            )
    if feed.one_of:
        blank = " and ".join(f"{column} is null" for column in feed.one_of if column in written)
        assert count(clinic, f"select count(*) from {name} where {blank}") == 0


@pytest.mark.parametrize(
    ("name", "column", "other"),
    [
        (name, column.name, column.ref)
        for name, feed in FEEDS.items()
        for column in feed.columns
        if column.ref
    ],
)
def test_every_reference_is_met(
    clinic: duckdb.DuckDBPyConnection, name: str, column: str, other: str
) -> None:
    written = {row[0] for row in clinic.execute(f"describe {name}").fetchall()}
    if column not in written:
        return
    key = FEEDS[other].key[0]
    missing = f"select count(*) from {name} where {column} not in (select {key} from {other})"
    assert count(clinic, missing) == 0


@pytest.mark.parametrize("name", sorted(FEEDS))
def test_a_key_is_delivered_once_a_day(clinic: duckdb.DuckDBPyConnection, name: str) -> None:
    key = ", ".join(FEEDS[name].key)
    repeated = f"""
        select count(*) from (
            select 1 from {name} group by {key}, split_part(filename, '/', -2) having count(*) > 1
        )
    """
    assert count(clinic, repeated) == 0


@pytest.mark.parametrize("who", ["staff_id", "patient_id"])
def test_nobody_is_in_two_places_at_once(clinic: duckdb.DuckDBPyConnection, who: str) -> None:
    overlaps = f"""
        select count(*) from entry as one inner join entry as two
            on one.{who} = two.{who} and one.entry_id < two.entry_id
            and one.starts < two.ends and two.starts < one.ends
    """
    assert count(clinic, overlaps) == 0


def test_time_is_written_inside_an_episode_after_consent_and_by_as_of(
    clinic: duckdb.DuckDBPyConnection,
) -> None:
    inside = """
        select count(distinct entry_id) from entry
        inner join latest_episode as episode
            on entry.patient_id = episode.patient_id and episode.program in ('cocm', 'bhi')
            and starts::date >= started_on::date and (ended_on is null or starts::date <= ended_on::date)
        inner join consent
            on entry.patient_id = consent.patient_id and episode.program = consent.program
            and substr(granted_at, 1, 19)::timestamp <= starts
    """
    entries = count(clinic, "select count(*) from entry")
    assert entries > 1000
    assert count(clinic, inside) == entries
    assert count(clinic, f"select count(*) from entry where starts::date > date '{AS_OF}'") == 0


def test_entries_are_documented_within_days(clinic: duckdb.DuckDBPyConnection) -> None:
    late = "select count(*) from entry where documented_at::timestamp::date - starts::date > 6"
    assert count(clinic, late) == 0
    assert count(clinic, "select count(*) from entry where documented_at is null") == 0


def test_working_days_end_in_the_evening(clinic: duckdb.DuckDBPyConnection) -> None:
    assert (
        count(clinic, "select count(*) from entry where starts::time < '08:30' or ends::time > '21:00'") == 0
    )
    assert count(clinic, "select count(*) from entry where isodow(starts) > 5") == 0


def test_patient_months_are_spread_over_all_tiers(clinic: duckdb.DuckDBPyConnection) -> None:
    tiers = clinic.execute(
        """
        select count(*) filter (minutes < 30), count(*) filter (minutes between 36 and 75),
            count(*) filter (minutes between 86 and 115), count(*) filter (minutes >= 116)
        from (
            select floor(sum(epoch(ends - starts)) / 60) as minutes from entry
            where patient_id in (select patient_id from episode where program = 'cocm')
            group by patient_id, date_trunc('month', starts)
        )
        """
    ).fetchone()
    assert tiers is not None
    assert min(tiers) >= 5


def test_every_kind_of_payer_program_zone_and_claim_occurs(clinic: duckdb.DuckDBPyConnection) -> None:
    def values(query: str) -> set[str]:
        return {row[0] for row in clinic.execute(query).fetchall()}

    assert values("select distinct program from episode") >= {"cocm", "bhi", "pcbh", "apcm"}
    assert values("select distinct time_zone from team") == {"America/New_York", "America/Chicago"}
    assert values("select distinct facility_type from team") == {"office", "hospital_outpatient", "fqhc"}
    assert values("select distinct status from claim_line") == {"submitted", "paid", "denied"}
    assert values("select distinct visit_type from encounter") == {
        "follow_up",
        "initial",
        "warm_handoff",
        "other",
    }
    payers = {"medicare", "medicaid_nc", "medicaid_tx", "strict_example", "bluegrove_commercial"}
    assert values("select distinct payer_id from coverage") == payers


def test_volumes_grow_with_the_panel(landing: Path, large_landing: Path) -> None:
    large = read_planted(large_landing).rows
    small = read_planted(landing).rows
    for feed in ("appointment", "encounter", "patient", "panel"):
        assert 0.8 < large[feed] / small[feed] * PATIENTS / LARGE < 1.2
    assert 0.04 < large["consent"] / LARGE < 0.075
    assert 1 < large["care_activity"] / small["care_activity"] < LARGE / PATIENTS


@pytest.mark.slow
def test_caseloads_are_those_of_a_care_manager(large_landing: Path) -> None:
    engine = read(large_landing)
    largest, smallest = engine.execute(
        """
        select max(load), min(load) from (
            select care_manager_id, count(*) / any_value(fte::double) as load
            from latest_episode
            inner join staffing on care_manager_id = practitioner_id and role = 'care_manager'
            where program = 'cocm' and status = 'active' and started_on::date <= date '2026-10-31'
            group by care_manager_id
        )
        """
    ).fetchall()[0]
    assert 50 <= smallest <= largest <= 100


@pytest.mark.slow
def test_patients_are_referred_after_visits_and_some_of_them_come(large_landing: Path) -> None:
    engine = read(large_landing)
    # Written in the afternoon, so that the day is the same in UTC.
    engine.execute(
        """
        create table sent as
        with referral as (
            select *, authored_at[:10]::date as sent_on from referral where referral_id like 'RV%'
        )
        select referral.referral_id, referral.referrer_id, min(talk.started_at[:10]::date - sent_on) as days
        from referral
        left join encounter as talk
            on referral.patient_id = talk.patient_id and talk.service_line = 'behavioral_health'
            and talk.started_at[:10]::date >= sent_on
        group by all
        """
    )
    sent = count(engine, "select count(*) from sent")
    visited = """
        select count(distinct referral.referral_id) from referral
        inner join encounter
            on referral.patient_id = encounter.patient_id and referral.referrer_id = encounter.practitioner_id
            and encounter.started_at[:10]::date between authored_at[:10]::date - 13 and authored_at[:10]::date
        where referral.referral_id like 'RV%'
    """
    assert sent > 300
    assert count(engine, visited) >= 0.99 * sent
    assert 0.3 < count(engine, "select count(*) from sent where days <= 14") / sent < 0.8
    readiest, least = engine.execute(
        """
        select max(share), min(share) from (
            select count(sent.referral_id) / count(distinct encounter.encounter_id) as share
            from encounter
            left join sent on encounter.practitioner_id = sent.referrer_id
            where encounter.service_line = 'primary_care'
            group by encounter.practitioner_id
        )
        """
    ).fetchall()[0]
    assert readiest > 1.5 * least > 0


@pytest.mark.slow
def test_a_consultant_sees_as_many_a_day_as_the_guideline_says(large_landing: Path) -> None:
    engine = read(large_landing)
    a_day = """
        select sum(patients) / count(*) from (
            select count(distinct patient_id) as patients from encounter
            where service_line = 'behavioral_health' group by practitioner_id, started_at[:10]
        )
    """
    assert 8 <= engine.execute(a_day).fetchall()[0][0] <= 12


@pytest.mark.slow
def test_a_night_brings_one_day_more(landing: Path, tmp_path: Path) -> None:
    rows = write_night(tmp_path, patients=PATIENTS, months=MONTHS, seed=SEED, as_of=AS_OF)
    day = AS_OF + timedelta(days=1)
    assert {path.name for path in tmp_path.glob("*/*")} == {day.isoformat()}
    assert rows["encounter"] > 0
    assert rows["care_activity"] > 0
    engine = duckdb.connect()
    night = f"read_csv('{tmp_path}/care_activity/*/*.csv', all_varchar = true)"
    starts = f"select distinct started_at[:10] from {night}"
    assert engine.execute(starts).fetchall() == [(day.isoformat(),)]
    both = (
        f"select count(*) from read_csv('{tmp_path}/care_activity/*/*.csv', all_varchar = true) as night "
        f"semi join read_csv('{landing}/care_activity/*/*.csv', all_varchar = true) as base using (entry_id)"
    )
    assert count(engine, both) == 0
    known = (
        f"select count(*) from read_csv('{tmp_path}/care_activity/*/*.csv', all_varchar = true) as night "
        f"anti join read_csv('{landing}/episode/*/*.csv', all_varchar = true) as base using (patient_id)"
    )
    assert count(engine, known) == 0


def test_there_is_no_night_when_the_clinic_is_closed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="closed"):
        write_night(tmp_path, patients=10, months=1, seed=1, as_of=date(2026, 11, 20))


@pytest.mark.parametrize(("patients", "months"), [(0, 1), (1, 0)])
def test_a_clinic_needs_patients_and_months(tmp_path: Path, patients: int, months: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        write(tmp_path, patients=patients, months=months)


def test_the_smallest_clinic_can_be_written(tmp_path: Path) -> None:
    assert write(tmp_path, patients=1, months=1).rows["patient"] == 1


@pytest.mark.slow
def test_progress_is_told_step_by_step(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    write(tmp_path, patients=20, progress=lambda what, done, of: told.append((what, done, of)))
    assert [done for _, done, _ in told] == list(range(len(told)))
    assert {of for _, _, of in told} == {len(told)}
