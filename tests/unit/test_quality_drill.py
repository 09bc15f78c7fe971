"""What lies behind a failing check: by cause without a value, by key only where keys may be."""

import csv
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import get_args

import duckdb
import pytest

from expectations.check import NOBODY, Check, Drill, Layer, NoRows
from orchestration.night_findings import NightFindings
from orchestration.publishing.engine import open_engine
from orchestration.publishing.failing_rows import HEADER, write_failing_rows
from orchestration.publishing.sharing import hashed_id
from orchestration.quality.drill import HASH_DIGITS, MOST_CAUSES, MOST_KEYS, KeysFile, break_down
from orchestration.quality.findings import CauseCount, CheckResult, result_of
from orchestration.quality.gates import run_checks
from orchestration.quality.suites import load_checks
from orchestration.quality_site.site import renew_site
from orchestration.settings import Settings
from tests.unit.quality_direct import validate
from tests.unit.quality_lake import AS_OF, RawLake, days_before

CANARY = "Zzyzxcanary"
KEY = "k"


def drilled(lake: RawLake, *names: str) -> list[CheckResult]:
    results = list(lake.run(*names).values())
    keys = KeysFile(lake.folder / "keys.duckdb", KEY)
    return break_down(load_checks("raw", as_of=AS_OF), results, lake.database, keys, {})


def kept(lake: RawLake) -> list[dict[str, str]]:
    target = lake.folder / "identified" / "rows.csv"
    target.unlink(missing_ok=True)
    with open_engine() as engine:
        write_failing_rows(engine, [lake.folder / "keys.duckdb", lake.folder / "none.duckdb"], target)
    assert target.stat().st_mode & 0o777 == 0o600
    with target.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def lake(tmp_path: Path) -> RawLake:
    """Two teams; four visits without a practitioner, and a name in every key."""
    lake = RawLake.make(tmp_path)
    lake.add("team", {"team_id": "t1", "team_name": "Old"}, on=days_before(1))
    lake.add("team", {"team_id": "t1", "team_name": "Clinic B"})
    lake.add("practitioner", {"practitioner_id": "known"})
    visit = {"status": "finished", "encounter_class": "ambulatory"}
    lake.add(
        "encounter",
        *(visit | {"encounter_id": f"{CANARY} {number}", "team_id": "t1"} for number in (1, 2)),
        visit | {"encounter_id": f"{CANARY} 3", "team_id": f"{CANARY} team"},
        visit | {"encounter_id": f"{CANARY} 4"},
        visit | {"encounter_id": "e5", "practitioner_id": f"{CANARY} who", "team_id": "t1"},
        visit | {"encounter_id": "e6", "practitioner_id": "known", "team_id": "t1"},
        {"encounter_id": "e7", "status": "planned", "encounter_class": "ambulatory"},
        {"encounter_id": "e8", "status": "finished", "encounter_class": "inpatient"},
        visit | {"encounter_id": "e9"},
    )
    lake.add("encounter", visit | {"encounter_id": "e9", "practitioner_id": "known"}, file="b")
    return lake


@pytest.mark.slow
def test_visits_without_a_practitioner_are_counted_by_team(lake: RawLake) -> None:
    [result] = drilled(lake, "encounter.visits_have_a_practitioner")
    assert (result.status, result.failed_rows) == ("failed", 4)
    unknown = hashed_id(KEY, "team", f"{CANARY} team")[:HASH_DIGITS]
    known = hashed_id(KEY, "team", "t1")[:HASH_DIGITS]
    assert result.causes == (
        CauseCount("team", known, "Clinic B", 2),
        CauseCount("team", unknown, f"team {unknown}", 1),
        CauseCount("team", "none", "no team", 1),
    )
    assert CANARY not in repr(result)


@pytest.mark.slow
def test_keys_are_kept_with_their_hash_and_their_number(lake: RawLake) -> None:
    drilled(lake, "encounter.visits_have_a_practitioner", "encounter.practitioner_id_is_known")
    rows = kept(lake)
    assert list(rows[0]) == list(HEADER)
    [orphan] = [row for row in rows if row["check_id"].endswith("practitioner_id_is_known")]
    assert (orphan["row_key"], orphan["key_kind"], orphan["cause"]) == (
        f"{CANARY} who",
        "practitioner_id",
        "Clinic B",
    )
    assert orphan["key_hash"] == hashed_id(KEY, "practitioner_id", f"{CANARY} who")
    assert orphan["source_file"] == f"encounter/{AS_OF}/a.csv"
    nameless = [row for row in rows if row["check_id"].endswith("visits_have_a_practitioner")]
    assert [row["row_key"] for row in nameless] == [f"{CANARY} {number}" for number in (1, 2, 3, 4)]
    assert {row["keys_of_check"] for row in nameless} == {"4"}


@pytest.mark.slow
def test_the_site_shows_hashes_of_the_keys_and_no_key(lake: RawLake, settings: Settings) -> None:
    results = drilled(lake, "encounter.visits_have_a_practitioner")
    page = renew_site(settings, AS_OF, results, ["raw"], {"raw": lake.folder / "keys.duckdb"})
    written = page.read_text(encoding="utf-8") + (page.parent / "queue.json").read_text(encoding="utf-8")
    for number in (1, 2, 3, 4):
        assert hashed_id(KEY, "encounter_id", f"{CANARY} {number}") in written
    assert "4 keys of the check in all" in written
    assert CANARY not in written


@pytest.mark.slow
def test_a_code_that_no_rule_knows_is_told_as_a_hash(lake: RawLake) -> None:
    lake.add("coverage", {"coverage_id": "c", "payer_id": CANARY})
    [result] = drilled(lake, "coverage.payer_id_has_a_rule")
    [cause] = result.causes
    assert cause.name == f"payer {hashed_id(KEY, 'payer', CANARY)[:HASH_DIGITS]}"
    assert [row["row_key"] for row in kept(lake)] == [CANARY]


def a_check(drill: Drill) -> Check:
    return Check(
        layer="marts",
        table_name="people",
        name="is_right",
        rule=NoRows(drill.query),
        severity="warning",
        owner="somebody",
        what_it_means="It means something.",
        what_to_do="Do something.",
        drill=drill,
    )


def of_people(tmp_path: Path, rows: int, drill: Drill) -> tuple[CheckResult, list[tuple[str, int]]]:
    database, keys = tmp_path / "people.duckdb", tmp_path / "keys.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create table people as select printf('%06d', i) as id from range({rows}) t(i)")
    results = run_checks([a_check(drill)], database=database, validate=validate)
    [result] = break_down([a_check(drill)], results, database, KeysFile(keys, KEY), {})
    assert keys.stat().st_mode & 0o777 == 0o600
    with duckdb.connect(str(keys), read_only=True) as connection:
        return result, connection.execute("select row_key, keys_of_check from failing_key").fetchall()


@pytest.mark.parametrize("rows", [MOST_KEYS, MOST_KEYS + 1])
def test_the_first_thousand_keys_are_kept_and_all_are_counted(tmp_path: Path, rows: int) -> None:
    drill = Drill("select id as row_key from people union all select id from people", key="id")
    result, keys = of_people(tmp_path, rows, drill)
    assert result.causes == ()
    assert keys == [(f"{number:06}", rows) for number in range(MOST_KEYS)]


@pytest.mark.parametrize(("rows", "told"), [(MOST_CAUSES, MOST_CAUSES), (MOST_CAUSES + 1, 0)])
def test_what_fails_everywhere_has_one_cause(tmp_path: Path, rows: int, told: int) -> None:
    result, _ = of_people(tmp_path, rows, Drill("select id as cause from people", cause="file"))
    assert len(result.causes) == told


def test_a_check_whose_causes_cannot_be_told_is_still_a_finding(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    drill = Drill("select id as cause, id as row_key from people", "id", "file", "select 1 from nowhere")
    result, keys = of_people(tmp_path, 2, drill)
    assert (result.status, result.failed_rows, result.causes, keys) == ("failed", 2, (), [])
    assert "marts.people.is_right could not be told by cause (CatalogException)" in caplog.text


def test_no_cause_is_told_by_a_name_that_a_row_alone_could_have_said() -> None:
    of_our_own = {"reason", "feed", "feed and column", "file", "fault", "disposition", "status"}
    drills = [
        check.drill
        for layer in get_args(Layer)
        for check in load_checks(layer, as_of=AS_OF)
        if check.drill is not None
    ]
    assert {drill.cause for drill in drills if drill.cause and drill.names is None} == of_our_own
    assert {drill.cause for drill in drills if drill.names == NOBODY} > {"payer", "code"}


def test_a_result_is_kept_with_its_causes() -> None:
    result = CheckResult(
        "raw.a.b", "raw", "a", "warning", "failed", causes=(CauseCount("team", "0a", "A", 1),)
    )
    assert result_of(asdict(result)) == result
    assert result_of({name: value for name, value in asdict(result).items() if name != "causes"}).causes == ()


@pytest.mark.slow
def test_the_keys_of_a_night_that_publishes_nothing_are_in_the_home_until_one_does(
    lake: RawLake, settings: Settings
) -> None:
    findings = NightFindings(settings)
    results = drilled(lake, "encounter.visits_have_a_practitioner")
    findings.keep("raw gate", [asdict(result) for result in results])
    findings.keys_file("raw").parent.mkdir(parents=True)
    (lake.folder / "keys.duckdb").rename(findings.keys_file("raw"))
    held = settings.quality / "identified" / "failing_rows.csv"
    findings.show(AS_OF, is_held_back=True)
    assert held.read_text(encoding="utf-8").count(CANARY) == 4
    assert (held.stat().st_mode & 0o777, held.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    findings.show(date(2026, 4, 16))
    assert not held.exists()
