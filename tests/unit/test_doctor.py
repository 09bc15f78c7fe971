"""The look at a landing folder: what it counts, what a gap costs, and that it leaves and tells nothing."""

import json
import signal
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration import cli
from orchestration.ahead import Ahead
from orchestration.doctor import look
from orchestration.doctor_findings import Delivered, State
from orchestration.doctor_gaps import required_in_fhir
from tests.support.feeds_night import Nights
from tests.support.siu import HEADER, message

CANARY = "Zzyzx-Canary"
Run = Callable[..., tuple[int, str]]
PATIENTS = f"patient_id,family_name,birth_date\np1,{CANARY},1980-01-01\np2,{CANARY},1980-13-01\n,x,\n"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs the command and returns its exit code and all that it said, on one line."""

    def call(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["warmhandoff", "doctor", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), " ".join((told.out + told.err).split())

    return call


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    """A landing of patients, one of whom cannot be read, and another one out of FHIR."""
    nights = Nights(tmp_path)
    nights.land("patient/2025-01-31/a.csv", PATIENTS)
    nights.land("patient/2025-01-31/b.csv", f"patient_id;mrn\n{CANARY};\n")
    nights.land("patient/2025-02-01/c.csv", PATIENTS)
    nights.land("episode/2025-01-31/empty.csv", "")
    nights.land("letters/2025-01-31/a.csv", "")
    resource = {"resourceType": "Patient", "id": "p9", "name": [{"family": CANARY}]}
    nights.land("fhir/2025-02-01/Patient.ndjson", json.dumps(resource) + "\n{}\n")
    return nights


@pytest.mark.slow
def test_each_feed_and_format_is_counted_as_a_night_would_take_it(nights: Nights) -> None:
    found = look(nights.landing)
    assert found.as_of_date == date(2025, 2, 1)
    counts = {
        (part.feed, part.format): (
            part.files,
            part.twice,
            part.refused_files,
            part.rows_accepted,
            part.rows_quarantined,
        )
        for part in found.delivered
    }
    assert counts == {
        ("episode", "csv"): (1, 0, 1, 0, 0),
        ("fhir", "fhir_ndjson"): (1, 0, 0, 0, 1),
        ("patient", "csv"): (3, 1, 0, 2, 2),
        ("patient", "fhir_ndjson"): (1, 0, 0, 1, 0),
    }
    assert {(refusal.feed, refusal.reason): (refusal.rows, refusal.files) for refusal in found.refusals} == {
        ("episode", "empty_file"): (0, 1),
        ("fhir", "malformed_row"): (1, 0),
        ("patient", "invalid_type:birth_date"): (1, 0),
        ("patient", "missing_required:patient_id"): (1, 0),
    }
    assert [(notice.kind, notice.path) for notice in found.notices] == [("unknown_folder", "letters")]


@pytest.mark.slow
def test_a_gap_is_told_with_its_state_and_what_it_costs(nights: Nights) -> None:
    gaps = {gap.feed: gap for gap in look(nights.landing).gaps}
    assert (gaps["consent"].state, gaps["consent"].is_stop) == ("missing", False)
    assert "no minute will be credited" in gaps["consent"].what_it_costs
    assert (gaps["episode"].state, gaps["episode"].is_stop) == ("refused", True)
    assert "patient" not in gaps


@pytest.mark.slow
@pytest.mark.parametrize(("days", "is_late"), [(6, False), (7, False), (8, True)])
def test_a_feed_is_late_from_the_day_after_it_was_due(tmp_path: Path, days: int, is_late: bool) -> None:
    nights = Nights(tmp_path)
    nights.land("patient/2025-01-01/a.csv", "patient_id\np1\n")
    nights.land(f"team/2025-01-{1 + days:02}/a.csv", "team_id,team_name\nt1,One\n")
    states = {gap.feed: gap.state for gap in look(nights.landing).gaps}
    assert (states.get("patient") == "late") is is_late


@pytest.mark.slow
def test_what_is_due_today_is_awaited_until_its_time_and_missed_on_no_day_on_which_it_is_not_due(
    tmp_path: Path,
) -> None:
    nights = Nights(tmp_path)
    # A Friday and the Saturday after it.
    for feed, day in (("consent", "2026-06-26"), ("claim_line", "2026-06-26"), ("panel", "2026-06-27")):
        nights.land(f"{feed}/{day}/a.csv", FLAT[feed])
    nights.land("claim_line/2026-06-27/a.csv", "claim_line_id\n")
    profile = tmp_path / "profile.yaml"
    profile.write_text(
        "version: 1\nsite: Invented\ntime_zone: America/New_York\nfeeds:\n"
        "  consent: {due_by: 06:30, required: true}\n"
        "  panel: {due_on: [monday]}\n"
        "  claim_line: {late_after_days: 0}\n"
        "  fhir: {due_by: 06:30}\n"
    )

    def at(hour: int, minute: int) -> tuple[dict[str, tuple[State, bool]], list[str]]:
        found = look(nights.landing, profile=profile, now=datetime(2026, 6, 27, hour + 4, minute, tzinfo=UTC))
        states = {gap.feed: (gap.state, gap.is_required) for gap in found.gaps}
        return states, [feed for feed, _ in found.awaited]

    states, awaited = at(6, 29)
    assert "consent" not in states
    assert "panel" not in states
    # The newest file is refused as a whole, so the feed is as old as the one before.
    assert states["claim_line"] == ("late", False)
    assert awaited == ["consent", "fhir"]
    states, awaited = at(6, 30)
    assert states["consent"] == ("late", True)
    assert states["fhir"] == ("missing", False)
    assert awaited == []


@pytest.mark.slow
def test_teams_east_of_the_sites_zone_are_told_where_fhir_sends_instants(
    nights: Nights, tmp_path: Path, run: Run
) -> None:
    zones = ["America/New_York", "America/Phoenix", "America/Denver", "America/Chicago", "Nowhere"]
    rows = "".join(f"t{number},T,{zone}\n" for number, zone in enumerate(zones))
    nights.land("team/2025-01-31/a.csv", f"team_id,team_name,time_zone\n{rows}")
    profile = tmp_path / "profile.yaml"
    profile.write_text("version: 1\nsite: Invented\ntime_zone: America/Denver\n")
    _, told = run("--landing", nights.landing, "--profile", profile)
    assert "Teams are in America/Chicago, America/New_York, east of the site's zone" in told
    profile.write_text("version: 1\nsite: Invented\ntime_zone: America/New_York\n")
    found = look(nights.landing, profile=profile)
    assert (found.zones_further_east, found.is_zone_missing) == ((), False)
    assert look(nights.landing).is_zone_missing


def test_a_required_feed_that_comes_as_fhir_alone_is_told() -> None:
    day = date(2025, 1, 31)
    rows = [("patient", "fhir_ndjson"), ("patient", "csv"), ("encounter", "fhir_ndjson"), ("panel", "csv")]
    delivered = [Delivered(*row, 1, 0, 0, day, day, day, 1, 1, 0) for row in rows]
    assert required_in_fhir(delivered, ("patient", "encounter", "panel", "consent")) == ("encounter",)


FLAT = {
    "consent": "consent_id,patient_id,program,granted_at,status\nc1,p1,cocm,2025-01-02T10:00:00Z,active\n",
    "claim_line": "claim_line_id,patient_id,procedure_code,units,service_on,status\n"
    "l1,p1,99492,1,2025-01-02,paid\n",
    "panel": "patient_id,team_id,effective_from\np1,t1,2025-01-01\n",
}


@pytest.mark.slow
def test_what_went_astray_is_told_with_what_may_have_been_meant(tmp_path: Path, run: Run) -> None:
    nights = Nights(tmp_path)
    payers = ["Invented Mutual"] * 11 + [CANARY] * 10
    rows = "".join(f"c{n},p{n},{payer},x\n" for n, payer in enumerate(payers))
    nights.land("patient/2025-01-31/c.csv", f"patient_id,sex\np1,F\np2,{CANARY}\n1.2E+11,male\n")
    nights.land("coverage/2025-01-31/a.csv", f"coverage_id,patient_id,payer_id,efective_from\n{rows}")
    nights.land("coverage/2025-01-31/b.csv", f"{CANARY},1980\n")
    nights.land("Patients/2025-01-31/a.csv", "patient_id\n")
    nights.land("patient.csv", "patient_id\n")
    code, told = run("--landing", nights.landing)
    assert code == 1
    assert "coverage missing_column:coverage_id" in told
    assert "1 file coverage/2025-01-31/b.csv" in told
    assert "coverage efective_from; did you mean effective_from? 1 file" in told
    assert "coverage Invented Mutual 11" in told
    assert "invalid_value:sex; it is one of female, male, other, unknown 2 rows" in told
    assert "rounded_number:patient_id; its last digits are lost 1 row" in told
    assert "coverage (withheld: few rows each) 10" in told
    assert "Patients no feed has this name; did you mean patient?" in told
    assert "patient.csv belongs in <feed>/<YYYY-MM-DD>/" in told
    assert CANARY not in told


@pytest.mark.slow
def test_the_command_says_what_stops_the_night(nights: Nights, run: Run) -> None:
    code, told = run("--landing", nights.landing)
    assert code == 1
    assert "Stops the night: The required feed episode has no row that would be taken." in told
    assert "no minute will be credited" in told
    assert "no feed has this name" in told
    assert "invalid_type:birth_date; it is a date as 2026-06-30 1 row" in told


@pytest.mark.slow
def test_a_landing_with_all_that_its_site_requires_is_usable(
    nights: Nights, run: Run, tmp_path: Path
) -> None:
    profile = tmp_path / "profile.yaml"
    profile.write_text("version: 1\nsite: Invented\nfeeds: {patient: {required: true}}\n")
    code, told = run("--landing", nights.landing, "--profile", profile)
    assert (code, "Usable: a night can be run" in told) == (0, True)
    profile.write_text("version: 1\nsite: Invented\nfeeds: {hl7v2: {required: true}}\n")
    assert run("--landing", nights.landing, "--profile", profile)[0] == 1


def test_a_landing_without_a_delivery_stops_the_night(run: Run, tmp_path: Path) -> None:
    code, told = run("--landing", tmp_path)
    assert (code, "Nothing has been delivered" in told) == (1, True)
    assert "no minute will be credited" in told


def test_wrong_use_is_told_apart(run: Run, tmp_path: Path) -> None:
    assert run("--landing", tmp_path / "nowhere")[0] == 2
    profile = tmp_path / "profile.yaml"
    profile.write_text("version: 2\n")
    assert run("--landing", tmp_path, "--profile", profile)[0] == 2


@pytest.mark.slow
def test_identifiers_that_lead_to_nobody_are_counted(nights: Nights, tmp_path: Path, run: Run) -> None:
    profile = tmp_path / "profile.yaml"
    profile.write_text(
        'version: 1\nsite: Invented\nfeeds: {patient: {identifiers: {patient: "urn:x:mrn"}}}\n'
    )
    nights.land("identity/2025-02-01/a.csv", "kind,system,value,id\npatient,urn:x:mrn,p1,P1\n")
    found = look(nights.landing, profile=profile).unjoined
    assert [(one.feed, one.reason, one.rows) for one in found] == [("patient", "unknown", 1)]
    told = run("--landing", nights.landing, "--profile", profile)[1]
    assert "patient patient_id urn:x:mrn nowhere 1 row" in told, told


def _facts(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


@pytest.mark.slow
def test_reports_of_what_never_came_are_counted(tmp_path: Path, run: Run) -> None:
    nights = Nights(tmp_path)
    focus = {"reference": "ServiceRequest/r1"}
    task = {"resourceType": "Task", "id": "k1", "status": "completed", "focus": focus}
    nights.land("fhir/2025-01-31/Task.ndjson", json.dumps(task))
    _, told = run("--landing", nights.landing)
    assert "What tells of something that never came, and waits for it" in told
    assert "referral 1 report" in told


@pytest.mark.slow
def test_nothing_is_left_behind_and_no_value_of_a_patient_is_told(
    nights: Nights, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = _facts(nights.landing)
    _, told = run("--landing", nights.landing)
    assert CANARY not in told
    assert _facts(nights.landing) == before
    assert list(scratch.iterdir()) == []
    assert not nights.lake.exists()


@pytest.mark.slow
def test_nothing_is_left_behind_by_a_look_that_is_told_to_end(
    nights: Nights, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Path] = []

    def end(*_: object) -> None:
        found.extend(tmp_path.glob("warmhandoff-doctor-*"))
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("orchestration.terminal.TerminalReporter.progress", end)
    before = signal.getsignal(signal.SIGTERM)
    assert run("--landing", nights.landing)[0] == 143
    assert found
    assert not any(folder.exists() for folder in found)
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.slow
def test_a_code_without_a_row_is_listed_and_what_may_be_more_than_a_code_is_not(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    lines = [
        {
            "resourceType": "ServiceRequest",
            "id": str(number),
            "status": "active",
            "intent": "order",
            "authoredOn": "2025-01-01T10:00:00Z",
            "subject": {"reference": "Patient/p1"},
            "code": {"coding": [{"system": "urn:invented", "code": code}]},
        }
        for number, code in enumerate(["K7", "K7", f"said {CANARY} on the phone, twice; " * 4])
    ]
    nights.land("fhir/2025-01-31/a.ndjson", "".join(json.dumps(line) + "\n" for line in lines))
    codes = {(code.system, code.code): code.rows for code in look(nights.landing).unknown_codes}
    assert codes[("urn:invented", "K7")] == 2
    assert codes[("urn:invented", "")] == 1


def test_a_delivery_of_a_date_that_has_not_come_is_named_and_not_looked_at(nights: Nights, run: Run) -> None:
    nights.land("patient/2962-01-01/a.csv", PATIENTS)
    _, told = run("--landing", nights.landing)
    assert "As of 2025-02-01" in told
    assert "Not read, since dated far after today: 2962-01-01." in told
    assert look(nights.landing).as_of_date == date(2962, 1, 1)
    assert look(nights.landing, as_of=date(2962, 1, 1), now=datetime(2025, 3, 1, tzinfo=UTC)).ahead == Ahead()


def test_nothing_is_usable_where_all_is_dated_after_today(tmp_path: Path, run: Run) -> None:
    nights = Nights(tmp_path)
    nights.land("patient/2962-01-01/a.csv", PATIENTS)
    code, told = run("--landing", nights.landing)
    assert code == 1
    assert "Nothing has been delivered" in told
    assert "Not read, since dated far after today: 2962-01-01." in told


def test_messages_that_say_part_or_book_nothing_are_told_apart_from_codes(tmp_path: Path, run: Run) -> None:
    nights = Nights(tmp_path)
    said = [
        message(sch_11="^^^202603101400~^^^202603171400"),
        message(header=HEADER.replace("S12", "S15"), sch_11="", sch_25="Cancelled"),
        message(header=HEADER.replace("SIU^S12", "ACK")),
        message(sch_25="Odd word"),
        f"{HEADER}\rPID|1||M900\r",
    ]
    nights.land("hl7v2/2026-03-10/b.hl7", "<SIU_S12><MSH><MSH.1>|</MSH.1></MSH></SIU_S12>")
    nights.land("hl7v2/2026-03-10/a.hl7", "".join(said))
    nights.land("hl7v2/2026-03-10/c.hl7", "PID|1||M900\r")
    nights.land("hl7v2/2026-03-10/a.er7", "".join(said))
    nights.land("patient/2026-03-10/b.txt", "patient_id\n1\n")
    nights.land("patient/2026-03-10/a.csv", "patient_id\nTotal: 1\n")
    _, told = run("--landing", nights.landing)
    assert "appointment several starts are said: the first 1 message" in told
    assert "appointment no start is said: that of the message before it 1 message" in told
    assert "unsupported_message:ACK; its kind books nothing 1 row" in told
    assert "footer_line; a total or a remark of a report, and no row 1 row" in told
    assert "appointment status hl7v2 Odd word 1" in told
    assert "hl7v2 missing_segment:SCH; it is about no appointment 1 row" in told
    assert "no_message; no HL7 message is in it as text 1 file" in told
    assert "hl7v2 malformed_row; segments without a header 1 row" in told
    assert "a.er7 no name of a file of this feed: .hl7, .mllp, .log, .txt, or files in the profile" in told
    assert "b.txt no name of a file of this feed: .csv, .parquet, or files in the profile" in told
    assert "message_type" not in told
