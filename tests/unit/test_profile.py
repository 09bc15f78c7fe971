"""The site profile: what is refused and where, and that each part of it takes effect where it says."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import jsonschema
import pytest
import yaml

from orchestration import cli
from orchestration.feeds.due import Due
from orchestration.feeds.landing import delivered_days, scan
from orchestration.feeds.site import NO_SITE
from orchestration.fingerprints import landing_hash
from orchestration.profile import Profile, ProfileError, json_schema, load_profile
from orchestration.quality.suites import load_checks
from orchestration.settings import PROJECT_ROOT, load_settings
from tests.support.feeds_night import Nights

SAMPLE = PROJECT_ROOT / "docs" / "site_profile.yaml"
DAY = date(2025, 1, 31)
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes a profile with these lines below version and site."""

    def call(text: str) -> Path:
        path = tmp_path / "profile.yaml"
        path.write_text(f"version: 1\nsite: Invented\n{text}\n", encoding="utf-8")
        return path

    return call


def _run(nights: Nights, profile: Path) -> None:
    nights.run(as_of=DAY, site=load_profile(profile).rules())


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("time_zone: Eastern", 3, "time_zone: is not an IANA time zone"),
        ("zone: UTC", 3, "zone: is no name of a profile"),
        (
            "feeds:\n  consent: {updated_at_time_zone: EDT}",
            4,
            "feeds.consent.updated_at_time_zone: is not an IANA time zone",
        ),
        ("feeds:\n  consents: {}", 4, "feeds.consents: is no feed"),
        ("feeds:\n  consent:\n    late_after_days: -1", 5, "feeds.consent.late_after_days: "),
        ("feeds:\n  consent:\n    required: 'yes'", 5, "feeds.consent.required: "),
        ("feeds:\n  consent:\n    delimiter: '||'", 5, "feeds.consent.delimiter: is one of"),
        ("feeds:\n  consent:\n    files:\n    - a.txt\n    - b/c.txt", 7, "feeds.consent.files.1: is a path"),
        ("feeds:\n  consent:\n    files: [../c.txt]", 5, "feeds.consent.files.0: is a file name"),
        ("feeds:\n  consent: {}\n  consent: {}", 5, "feeds.consent: stands twice, first in line 4"),
        ("feeds:\n  fhir: {delimiter: '|'}", 4, "feeds.fhir.delimiter: a standard format has none"),
        ("payers:\n  Invented Mutual: mutual", 4, "payers.Invented Mutual: mutual is no payer of"),
        ("payers: {Medicare: medicare, MEDICARE: medicare}", 3, "payers: names a payer twice"),
        ("schedule_hour: 24", 3, "schedule_hour: "),
        ("feeds: [", 4, "is not YAML"),
        ("feeds:\n  consent:", 4, "feeds.consent: has no value; leave it out"),
        ("feeds: {consent: true}", 3, "feeds.consent: holds names, each as name: value and without a dash"),
        ("feeds:\n- consent", 3, "feeds: holds names, each as name: value and without a dash"),
        ("feeds:\n\tconsent: {}", 4, "indent by spaces and not by tabs"),
        ("feeds: {consent: {delimiter: |}}", 3, "a sign such as | or % stands in quotes"),
        (" time_zone: UTC", 3, "names of one level in one column"),
        ("feeds: {consent: {files: [*.csv]}}", 3, "text that begins with * or & stands in quotes"),
        ("default_team: \u201cT1\u201d", 3, "default_team: stands in curly quotes"),
        ("payers: {\u2018Invented\u2019: medicare}", 3, "stands in curly quotes"),
        ("feeds:\n  consent: {delimiter: ,}", 4, "feeds.consent.delimiter: has no value"),
        ("feeds: {Consents: {}}", 3, "feeds.Consents: is no feed; did you mean consent?"),
        (
            "feeds: {consent: {requierd: true}}",
            3,
            "requierd: is no name of a profile; did you mean required?",
        ),
        ("feeds: {consent: {required: yes}}", 3, "feeds.consent.required: is true or false"),
        ("feeds: {consent: {due_by: 6:30}}", 3, "feeds.consent.due_by: is a time of day"),
        ("feeds: {consent: {due_by: 24:00}}", 3, "feeds.consent.due_by: is a time of day"),
        ("feeds: {consent: {due_on: [mon]}}", 3, "feeds.consent.due_on.0: has to be 'monday', 'tuesday'"),
        ("feeds: {consent: {files: ['a[0-9].csv']}}", 3, "has no wildcards but * and ?"),
        ("feeds: {consent: {files: ['a/**/{date}.csv']}}", 3, "has no wildcards but * and ?"),
        ("feeds: {consent: {files: a.csv}}", 3, "feeds.consent.files: is a list"),
        ("feeds: {fhir: {identifiers: {patient: urn:x}}}", 3, "fhir holds no patient id"),
        ("feeds: {team: {identifiers: {patient: urn:x}}}", 3, "team holds no patient id"),
        ("time_zone: america/new_york", 3, "is not an IANA time zone; did you mean America/New_York?"),
        ("time_zone: EST", 3, "time_zone: has the same hour in summer and winter"),
        ("payers: {Invented: Medicare}", 3, "is no payer of seeds/payer_policy.csv; did you mean medicare?"),
        ("payers: {Medicare  B: medicare, medicare b: medicare}", 3, "payers: names a payer twice"),
        ("feeds: &all\n  consent: *all", 3, "holds too many values for a profile, or too deep ones"),
        ("default_team: !!binary aGVsbG8=", 3, "a profile has no tags"),
        ("payers: {[a]: b}", 3, "a name is no text"),
        ('"a\\nb\\e[31m": 1', 3, "a?b?[31m: is no name of a profile"),
        ('default_team: "\\ud800"', 3, "holds a character that no text has"),
        ('default_team: "a\\nb"', 3, "default_team: begins or ends with a space, or holds a line break"),
        ("time_zone: [UTC]", 3, "time_zone: "),
        ("identifiers:\n  patient: urn:x", 4, "identifiers.patient: "),
        ("default_team: 7", 3, "default_team: "),
        (
            'feeds:\n  panel: {files: ["d/{date}.csv"]}\n  patient:\n    files:\n    - D/{date}.csv',
            7,
            "feeds.patient.files.0: is a file of panel, too",
        ),
    ],
)
def test_what_is_wrong_is_told_with_line_and_path(write: Write, text: str, line: int, told: str) -> None:
    path = write(text)
    with pytest.raises(ProfileError) as error:
        load_profile(path)
    assert any(
        problem.startswith(f"{path}:{line}: ") and told in problem
        for problem in str(error.value).splitlines()
    )


def test_every_problem_is_told_at_once(write: Write) -> None:
    with pytest.raises(ProfileError) as error:
        load_profile(write("time_zone: Eastern\ncolor: red"))
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just words",
        b"- version: 1",
        b"version: 1\n\tsite: x",
        b"version: 1\nsite: Caf\xe9\n",
        b"version: 1\nsite: a\0b\n",
        b"version: 1\nsite: a\n---\nversion: 1\n",
        b"a: " + b"[" * 2000,
        b"a: &a [x, x]\n" + b"".join(b"a%d: &a [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n" % n for n in range(9)),
    ],
)
def test_a_file_that_is_no_profile_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "profile.yaml"
    path.write_bytes(content)
    with pytest.raises(ProfileError) as error:
        load_profile(path)
    assert str(error.value).startswith(f"{path}:")
    assert "\n" not in str(error.value)


def test_a_file_that_cannot_be_opened_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="cannot be read: Is a directory"):
        load_profile(tmp_path)
    with pytest.raises(ProfileError, match="cannot be read: No such file or directory"):
        load_profile(tmp_path / "none.yaml")


def test_values_are_read_as_editors_read_them(write: Write) -> None:
    profile = load_profile(
        write(
            "schedule_hour: 08\ndefault_team: 2025-01-01\npayers: {NO: medicare, 123: medicare}\n"
            "feeds:\n  consent: &usual {required: true, due_by: 18:30}\n"
            "  panel: {<<: *usual, required: false}"
        )
    )
    assert (profile.schedule_hour, profile.default_team) == (8, "2025-01-01")
    assert list(profile.payers) == ["NO", "123"]
    assert profile.required_feeds == ("consent",)
    assert profile.dues == dict.fromkeys(("consent", "panel"), Due(by=time(18, 30)))


def test_a_feed_may_have_a_zone_of_its_own_for_stamps(write: Write) -> None:
    site = load_profile(write("feeds:\n  consent: {updated_at_time_zone: Asia/Kolkata}")).rules()
    at_home = replace(site, time_zone="America/New_York")
    assert [at_home.stamp_zone(name) for name in ("consent", "team")] == ["Asia/Kolkata", "America/New_York"]
    assert at_home.stamp_zones == {"Asia/Kolkata", "America/New_York"}
    assert site.fingerprint() != load_profile(write("feeds:\n  consent: {}")).rules().fingerprint()


def test_the_schema_takes_the_sample_and_refuses_what_the_loader_refuses(write: Write) -> None:
    schema = json.loads(json_schema())
    jsonschema.validate(yaml.safe_load(SAMPLE.read_text(encoding="utf-8")), schema)
    for text in (
        "color: red",
        "feeds: {consents: {}}",
        "feeds: {consent: {delimiter: '||'}}",
        "feeds: {consent: {delimiter: }}",
        "feeds: {consent: {due_by: '6:30'}}",
        "feeds: {consent: {due_on: [mon]}}",
        'default_team: "a\\nb"',
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(yaml.safe_load(write(text).read_text()), schema)


def test_the_schema_beside_the_sample_is_the_one_that_the_loader_has() -> None:
    assert (SAMPLE.parent / "site_profile.schema.json").read_text(encoding="utf-8") == json_schema()


def test_the_sample_shows_every_part_of_the_form() -> None:
    load_profile(SAMPLE)
    assert set(yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))) == set(Profile.model_fields)


def test_the_command_answers_with_exit_code_and_line(
    write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["warmhandoff", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    assert run("check-profile", str(write("time_zone: UTC")))[0] == 0
    code, told = run("check-profile", str(write("time_zone: Eastern")))
    assert code == 2
    assert "profile.yaml:3: time_zone: " in told
    code, told = run("profile-schema")
    assert (code, told) == (0, json_schema())


def test_a_setting_given_otherwise_goes_before_the_profile(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("time_zone: America/New_York\nschedule_hour: 4\nfeeds: {consent: {required: true}}")
    monkeypatch.setenv("WARMHANDOFF_PROFILE", str(path))
    monkeypatch.setenv("WARMHANDOFF_SCHEDULE_HOUR", "5")
    settings = load_settings(landing="l", home="h")
    assert settings.default_time_zone == "America/New_York"
    assert settings.required_feeds == ("consent",)
    assert settings.schedule_hour == 5
    assert load_settings(landing="l", home="h", default_time_zone="UTC").default_time_zone == "UTC"


def test_without_a_profile_nothing_is_done_the_sites_own_way() -> None:
    settings = load_settings(landing="l", home="h")
    assert settings.read_profile() is None
    assert settings.site() == NO_SITE
    assert NO_SITE.fingerprint() == ""


def test_a_feed_is_late_when_its_site_says_so(write: Write) -> None:
    profile = load_profile(write("feeds:\n  consent: {late_after_days: 2}"))
    checks = {
        check.check_id: check.what_it_means for check in load_checks("raw", as_of=DAY, dues=profile.dues)
    }
    told = [text for name, text in checks.items() if "consent_is_in_time" in name]
    assert "more than 2 days old" in told[0]
    others = [text for name, text in checks.items() if "condition_is_in_time" in name]
    assert "more than 7 days old" in others[0]


def test_when_a_feed_is_due_is_said_in_days_of_the_week_and_times_of_day(write: Write) -> None:
    feeds = (
        "{consent: {due_on: [monday, friday]}, panel: {late_after_days: 3}, fhir: {due_by: 06:30}, team: {}}"
    )
    profile = load_profile(write(f"feeds: {feeds}"))
    assert profile.dues == {
        "consent": Due(0, frozenset({0, 4})),
        "panel": Due(3),
        "fhir": Due(by=time(6, 30)),
    }
    checks = {check.name: check for check in load_checks("raw", as_of=DAY, dues=profile.dues)}
    assert "more than 0 of the days on which it is due (Monday, Friday)" in (
        checks["consent_is_in_time"].what_it_means
    )
    assert "fhir_is_in_time" in checks
    assert "hl7v2_is_in_time" not in checks


def test_a_file_that_two_feeds_name_is_read_as_neither_and_told(write: Write, tmp_path: Path) -> None:
    landing = Nights(tmp_path)
    landing.land("drop/2025-01-31/consent.csv", "x\n")
    landing.land("drop/2025-01-31/panel.csv", "x\n")
    landing.land("drop/2025-01-31/panel_new.csv.part", "x\n")
    feeds = "{consent: {files: ['drop/{date}/*.csv']}, panel: {files: ['drop/{date}/panel*']}}"
    found = scan(landing.landing, DAY, site=load_profile(write(f"feeds: {feeds}")).rules())
    assert [(file.folder, file.path.name) for file in found.files] == [("consent", "consent.csv")]
    assert {(notice.kind, notice.path) for notice in found.notices} == {
        ("named_for_two_feeds", "drop/2025-01-31/panel.csv"),
        ("unfinished_upload", "drop/2025-01-31/panel_new.csv.part"),
    }


def test_files_are_found_by_the_sites_names_and_no_others(write: Write, tmp_path: Path) -> None:
    landing = Nights(tmp_path)
    for name in (
        "drop/20250131/x/none.txt",
        "drop/2025-01-31/CONSENT_A.txt",
        "drop/2025-01-31/readme.md",
        "drop/2025-02-01/consent_b.TXT",
        "patient/2025-01-31/pat_1.dat",
        "patient/2025-01-31/other.csv",
        "panel/panel_20250130.csv",
        "panel/2025-01-31/panel.csv",
        "team/2025-01-31/team.csv",
    ):
        landing.land(name, "x\n")
    site = load_profile(
        write(
            "feeds:\n  consent: {files: ['drop/{date}/consent_*.txt']}\n  patient: {files: ['pat_?.dat']}\n"
            "  panel: {files: ['panel/panel_{yyyymmdd}.csv']}"
        )
    ).rules()
    found = scan(landing.landing, DAY, site=site)
    assert [
        (file.folder, file.delivered_on.isoformat(), file.source_file, file.format) for file in found.files
    ] == [
        ("panel", "2025-01-30", "panel/panel_20250130.csv", "csv"),
        ("consent", "2025-01-31", "drop/2025-01-31/CONSENT_A.txt", "csv"),
        ("patient", "2025-01-31", "patient/2025-01-31/pat_1.dat", "csv"),
        ("team", "2025-01-31", "team/2025-01-31/team.csv", "csv"),
    ]
    assert {notice.path: notice.kind for notice in found.notices} == {
        "drop/20250131/x/none.txt": "unsupported_file",
        "drop/2025-01-31/readme.md": "unsupported_file",
        "panel/2025-01-31/panel.csv": "unsupported_file",
        "patient/2025-01-31/other.csv": "unsupported_file",
    }
    assert max(delivered_days(landing.landing, site)) == date(2025, 2, 1)


def test_a_file_below_a_folder_of_the_sites_changes_what_has_landed(tmp_path: Path) -> None:
    landing = Nights(tmp_path)
    landing.land("drop/a/b/c.txt", "1")
    first = landing_hash(landing.landing)
    landing.land("drop/a/b/d.txt", "1")
    assert landing_hash(landing.landing) != first
    second = landing_hash(landing.landing)
    landing.land(".fetch/a/b/d.txt", "1")
    assert landing_hash(landing.landing) == second


@pytest.mark.slow
def test_a_delimiter_that_no_one_would_guess_is_taken(write: Write, tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land("consent/2025-01-31/a.csv", CONSENT.replace(",", "~"))
    _run(nights, write("feeds: {consent: {delimiter: '~'}}"))
    assert [row["patient_id"] for row in nights.raw("consent")] == ["p1"]
    nights.run(DAY)
    assert nights.raw("consent") == []


CONSENT = "consent_id,patient_id,program,granted_at,status\nc1,p1,cocm,2025-01-02T10:00:00Z,active\n"


@pytest.mark.slow
def test_the_names_of_payers_become_their_ids_in_flat_files_and_fhir(write: Write, tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land(
        "coverage/2025-01-31/a.csv",
        "coverage_id,patient_id,payer_id\n1,p1, MEDICARE\xa0 part b\n2,p1,other\n",
    )
    nights.land("claim_line/2025-01-31/a.csv", CLAIM_LINE)
    resource = {
        "resourceType": "Coverage",
        "id": "3",
        "status": "active",
        "beneficiary": {"reference": "Patient/p1"},
        "payor": [{"reference": "Organization/77", "display": "Medicare\xa0 Part B"}],
    }
    nights.land("fhir/2025-01-31/Coverage.ndjson", json.dumps(resource) + "\n")
    _run(nights, write("payers: {Medicare Part B: medicare}"))
    assert {row["coverage_id"]: row["payer_id"] for row in nights.raw("coverage")} == {
        "1": "medicare",
        "2": "other",
        "3": "medicare",
    }
    assert [row["payer_id"] for row in nights.raw("claim_line")] == ["medicare"]


CLAIM_LINE = (
    "claim_line_id,patient_id,procedure_code,units,service_on,payer_id,status\n"
    "l1,p1,99492,1,2025-01-02,medicare part B,paid\n"
)


@pytest.mark.slow
def test_rows_without_a_team_get_the_sites_where_a_blank_means_that_none_was_sent(
    write: Write, tmp_path: Path
) -> None:
    nights = Nights(tmp_path)
    nights.land("panel/2025-01-31/a.csv", "patient_id,effective_from\np1,2025-01-01\n")
    nights.land("staffing/2025-01-31/a.csv", "practitioner_id,team_id,role\ns1,t2,bhc\ns2, ,bhc\n")
    nights.land(
        "finance_target/2025-01-31/a.csv",
        "target_id,team_id,period_start_on,period_end_on,amount_usd\n1,,2025-01-01,2025-12-31,5\n",
    )
    _run(nights, write("default_team: t1"))
    assert [row["team_id"] for row in nights.raw("panel")] == ["t1"]
    assert [row["team_id"] for row in nights.raw("staffing")] == ["t2", "t1"]
    assert [row["team_id"] for row in nights.raw("finance_target")] == [None]
    assert nights.refused() == []


@pytest.mark.slow
def test_a_changed_profile_reads_the_files_anew(write: Write, tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land("panel/2025-01-31/a.csv", "patient_id,team_id,effective_from\np1,,2025-01-01\n")
    for team in ("t1", "t2"):
        _run(nights, write(f"default_team: {team}"))
        assert [row["team_id"] for row in nights.raw("panel")] == [team]


def test_files_in_a_folder_of_a_day_are_read_where_a_path_names_them(write: Write, tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    rows = "patient_id\nP1\n"
    for name in ("part-0", "_SUCCESS"):
        nights.land(f"patient/2025-01-31/patients/{name}", rows.replace("P1", name))
    nights.land("patient/2025-01-31/others/part-0", rows)
    site = load_profile(write('feeds: {patient: {files: ["patient/{date}/patients/part-*"]}}')).rules()
    report = nights.run(as_of=DAY, site=site)
    assert [row["patient_id"] for row in nights.raw("patient")] == ["part-0"]
    assert [(notice.kind, notice.path) for notice in report.notices] == [
        ("not_a_file", "patient/2025-01-31/others"),
        ("unsupported_file", "patient/2025-01-31/patients/_SUCCESS"),
    ]
