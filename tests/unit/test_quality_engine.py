"""Great Expectations over DuckDB: real results, no values, no network, nothing left open."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import duckdb
import pytest

from expectations.check import Check, HasColumns, HasRows, InSet, NoRows, NotNull, Rule, Unique
from orchestration.quality.gates import DataDocs, EngineLimits, great_expectations, run_checks, run_gate
from orchestration.quality.outcome import Outcome
from orchestration.quality.suites import load_checks
from tests.unit.quality_direct import validate
from tests.unit.quality_faults import AT_ONCE, FAULTS
from tests.unit.quality_lake import RawLake
from tests.unit.quality_warehouse import AS_OF, make_warehouse

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CANARY = "Zyxwvcanary"


def a_check(name: str, rule: Rule, threshold: float | None = None) -> Check:
    return Check(
        layer="marts",
        table_name="people",
        name=name,
        rule=rule,
        severity="critical",
        owner="somebody",
        what_it_means="It means something.",
        what_to_do="Do something.",
        threshold=threshold,
    )


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Ten people; two share a name, one has none, all of them carry the canary."""
    database = tmp_path / "a folder of its own" / "people.duckdb"
    database.parent.mkdir()
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table people (id integer, name varchar, kind varchar)")
        connection.execute(
            f"insert into people select i, '{CANARY} ' || greatest(i, 1), 'a' from range(9) t(i)"
        )
        connection.execute("insert into people values (9, null, 'b')")
    return database


RULES: list[tuple[Rule, str, int | None]] = [
    (HasColumns(("id", "name")), "passed", 0),
    (HasColumns(("id", "name"), exact=True), "failed", 1),
    (HasColumns(("id", "missing", "gone")), "failed", 2),
    (HasRows(least=10, most=10), "passed", 0),
    (HasRows(least=11), "failed", 0),
    (NotNull("id"), "passed", 0),
    (NotNull("name"), "failed", 1),
    (NotNull("missing"), "error", None),
    (Unique("id"), "passed", 0),
    (Unique("name"), "failed", 2),
    (InSet("kind", ("a", "b")), "passed", 0),
    (InSet("kind", ("a",)), "failed", 1),
    (NoRows("select 1 from people where id > 9"), "passed", 0),
    (NoRows("select * from people as one where one.id >= 7"), "failed", 3),
    (NoRows("with p as (select id::bigint as id from people) select 1 from p where id < 2"), "failed", 2),
    (NoRows("select 1 from people where name like '{batch}%' or name like ':name'"), "passed", 0),
    (NoRows("select missing from people"), "error", None),
    (NoRows("select 1 from people where cast(name as integer) > 0"), "error", None),
    (NoRows("not a query"), "error", None),
]


def test_many_expectations_in_a_row_give_real_results(people: Path) -> None:
    """With the plain dialect each of them is success=False: the result is closed before it is read."""
    checks = [a_check(f"rule_{number:02}", rule) for number, (rule, _, _) in enumerate(RULES)]
    results = run_checks(checks, database=people)
    assert [(result.status, result.failed_rows) for result in results] == [
        (status, failed) for _, status, failed in RULES
    ]
    assert {result.total_rows for result in results} == {10}
    assert all(result.is_blocking == (result.status != "passed") for result in results)


@pytest.mark.parametrize(("tolerated", "status"), [(None, "failed"), (0.2, "failed"), (0.3, "passed")])
def test_a_share_of_rows_may_fail_where_a_check_says_so(
    tolerated: float | None, status: str, people: Path
) -> None:
    check = a_check("few", NoRows("select 1 from people where id >= 7"), threshold=tolerated)
    (result,) = run_checks([check], database=people, validate=validate)
    assert (result.status, result.failed_rows, result.threshold) == (status, 3, tolerated)


def test_what_cannot_be_validated_at_all_is_an_error(people: Path) -> None:
    def lost(checks: Sequence[Check], database: Path) -> dict[str, Outcome]:
        return {}

    (result,) = run_checks([a_check("any", HasRows())], database=people, validate=lost)
    assert result.status == "error"
    assert result.is_blocking


def test_a_gate_without_a_database_says_which_stage_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run the stage before this gate"):
        run_checks([], database=tmp_path / "none.duckdb")


def test_great_expectations_and_plain_queries_agree_on_the_marts(tmp_path: Path) -> None:
    database = make_warehouse(tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(database)) as connection:
        for name in sorted(AT_ONCE):
            connection.execute(FAULTS[name][0])
        connection.execute("alter table fct_claim_check drop column severity")
        connection.execute("insert into fct_claim_evidence select * from fct_claim_evidence")
        connection.execute("update dim_team set team_id = null")
        connection.execute("drop table rpt_restatement")
    results = run_gate("marts", database=database, lake=tmp_path, quarantine=tmp_path, as_of=AS_OF)
    plain = run_checks(load_checks("marts", as_of=AS_OF), database=database, validate=validate)
    assert results == plain
    failed = {result.check_id.removeprefix("marts.") for result in results if result.status == "failed"}
    assert failed > AT_ONCE


def test_great_expectations_and_plain_queries_agree_on_the_raw_lake(tmp_path: Path) -> None:
    lake = RawLake.make(tmp_path)
    lake.add(
        "care_activity", {"entry_id": "e", "patient_id": "p", "activity_code": "made_up"}, {"staff_id": "s"}
    )
    lake.add("coverage", {"coverage_id": "c", "payer_id": "acme"})
    lake.deliver("coverage", {"delivered_on": date(2026, 1, 1), "unknown_columns": "colour"})
    plain = lake.run()
    gate = run_gate("raw", database=lake.database, lake=lake.root, quarantine=lake.quarantine, as_of=AS_OF)
    assert gate == list(plain.values())
    assert lake.database.stat().st_mode & 0o777 == 0o600


def test_a_gate_lets_go_of_the_file(people: Path) -> None:
    run_checks([a_check("any", HasRows())], database=people)
    with duckdb.connect(str(people)) as connection:
        connection.execute("create table made_after_the_gate (id integer)")


def test_no_value_of_a_row_is_in_results_logs_or_docs(
    people: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    checks = [a_check(f"rule_{number:02}", rule) for number, (rule, _, _) in enumerate(RULES)]
    docs = DataDocs(tmp_path / "docs" / "marts.html", "marts", AS_OF)
    run = great_expectations(docs, EngineLimits(threads=1, memory_limit="500MB"))
    results = run_checks(checks, database=people, validate=run)
    assert {result.status for result in results} == {"passed", "failed", "error"}
    written = docs.path.read_text(encoding="utf-8")
    for said in (
        "rule 06 (marts.people.rule_06)",
        "text withheld",
        "1 unexpected values found",
        *(f">{state}</span>" for state in ("passed", "failed", "error")),
    ):
        assert said in written
    out, err = capfd.readouterr()
    told = json.dumps([asdict(result) for result in results])
    assert all(CANARY not in text for text in (told, out, err, caplog.text, written))
    assert "Calculating" not in out + err
    assert [path.name for path in docs.path.parent.iterdir()] == ["marts.html"]
    assert "http" not in written
    assert "<script" not in written
    run_checks(checks, database=people, validate=run)
    assert docs.path.read_text(encoding="utf-8") == written


def test_data_docs_that_cannot_be_written_hold_no_result_back(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(CANARY)

    monkeypatch.setattr("orchestration.quality.engine.write_docs", fail)
    page = tmp_path / "marts.html"
    page.write_text("of an earlier night", encoding="utf-8")
    run = great_expectations(DataDocs(page, "marts", AS_OF), EngineLimits())
    [result] = run_checks([a_check("any", HasRows())], database=people, validate=run)
    assert result.status == "passed"
    assert not page.exists()
    assert "the Data Docs of marts could not be written: OSError" in caplog.text
    assert CANARY not in caplog.text


GUARDED = """
import sys
from datetime import date
from pathlib import Path

def guard(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}:
        raise SystemExit(f"a gate spoke to the network: {event} {arguments}")

sys.addaudithook(guard)
from orchestration.quality.gates import run_gate
before = "great_expectations" in sys.modules
here = Path(".")
results = run_gate(
    "marts", database=Path(sys.argv[1]), lake=here, quarantine=here, as_of=date(2026, 4, 15)
)
print(before, "great_expectations" in sys.modules, len(results))
"""


def test_a_gate_opens_no_outside_connection_and_imports_late(tmp_path: Path) -> None:
    database = make_warehouse(tmp_path / "warehouse.duckdb")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GX_")}
    ran = subprocess.run(
        [sys.executable, "-c", GUARDED, str(database)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    was_imported, is_imported, count = ran.stdout.split()
    assert (was_imported, is_imported) == ("False", "True")
    assert int(count) == len(load_checks("marts", as_of=AS_OF))
    assert ran.stderr == ""


def test_only_the_quality_room_imports_great_expectations() -> None:
    importers = {
        path.relative_to(ROOT).parts[:2]
        for folder in ("orchestration", "expectations")
        for path in (ROOT / folder).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith(("import great_expectations", "from great_expectations"))
    }
    assert importers == {("orchestration", "quality")}
