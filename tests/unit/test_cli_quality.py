"""``warmhandoff quality``: what it lists, what it adds to the reviewed file, and what it refuses."""

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration import cli
from orchestration.quality.findings import CheckResult
from orchestration.quality.waivers import RowLimit, read_waivers
from orchestration.quality_site.record import LAYERS
from orchestration.quality_site.site import renew_site
from orchestration.settings import Settings

AS_OF = date(2026, 6, 30)
LATE = CheckResult(
    check_id="raw.feed_file.panel_is_in_time",
    layer="raw",
    table_name="feed_file",
    severity="warning",
    status="failed",
    failed_rows=1,
    total_rows=3,
    affected_marts="dim_patient",
    owner="practice_operations",
    what_it_means="The newest delivery is old.",
    what_to_do="Ask its sender.",
)
REFUSED: dict[str, Any] = {
    **vars(LATE),
    "check_id": "raw.quarantine.few_rows_of_panel_are_refused",
    "failed_rows": 41,
}
STOPPED: dict[str, Any] = {**vars(LATE), "layer": "dbt", "check_id": "dbt.x.y", "severity": "critical"}
BROKEN: dict[str, Any] = {**vars(LATE), "check_id": "raw.z.z", "status": "error", "failed_rows": None}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs the command and returns exit code, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["warmhandoff", "quality", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return call


@pytest.fixture
def home(settings: Settings) -> Path:
    """A home after a night with four issues."""
    found = [LATE, *(CheckResult(**fields) for fields in (REFUSED, STOPPED, BROKEN))]
    renew_site(settings, AS_OF, found, LAYERS)
    return settings.home


def waive(home: Path, check: str, **changes: object) -> list[object]:
    given = {"--reason": "Known.", "--approver": "Ann", "--expires": "2026-07-31", **changes}
    return ["waive", check, "--home", home, *(part for pair in given.items() for part in pair)]


def test_the_queue_is_listed_with_the_most_urgent_first(run: Run, home: Path) -> None:
    code, told, _ = run("list", "--home", home)
    assert code == 0
    lines = [line for line in told.splitlines() if "dbt.x.y" in line or "raw." in line]
    assert lines[0].startswith("holds back  dbt.x.y")
    assert len(lines) == 4


def test_an_issue_is_shown_by_a_part_of_its_name(run: Run, home: Path) -> None:
    code, told, _ = run("show", "panel_is_in_time", "--home", home)
    assert code == 0
    for said in (LATE.check_id, "Since when: New tonight.", "What to do: Ask its sender.", "dim_patient"):
        assert said in told


@pytest.mark.parametrize(
    ("check", "said"),
    [("panel", "is a part of several issues"), ("nothing", "no open issue is named nothing")],
)
def test_what_names_no_issue_is_wrong_use(run: Run, home: Path, check: str, said: str) -> None:
    code, _, told = run("show", check, "--home", home)
    assert code == 2
    assert said in told


def test_a_waiver_covers_what_fails_now_and_no_more(run: Run, home: Path) -> None:
    code, told, _ = run(*waive(home, "few_rows_of_panel"))
    assert code == 0
    assert "W-2026-06-30-1 waives raw.quarantine.few_rows_of_panel_are_refused until 2026-07-31" in told
    [waiver] = read_waivers(home / "waivers.yml").waivers
    assert waiver.scope == RowLimit(most_failed_rows=41)
    assert (waiver.reason, waiver.approver, waiver.granted_on) == ("Known.", "Ann", AS_OF)


def test_a_waiver_can_cover_any_number_and_stand_in_another_file(
    run: Run, home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "reviewed.yml"
    code, _, _ = run(*waive(home, "raw.z.z", **{"--waivers": file}), "--any-rows")
    assert code == 0
    assert read_waivers(file).waivers[0].scope == "all"


@pytest.mark.parametrize(
    ("check", "changes", "said"),
    [
        ("dbt.x.y", {}, "stops the build itself"),
        ("raw.z.z", {}, "only --any-rows covers it"),
        ("panel_is_in_time", {"--expires": "2026-06-29"}, "has expired"),
        ("panel_is_in_time", {"--reason": " "}, "needs a reason and an approver"),
        ("panel_is_in_time", {"--approver": ""}, "needs a reason and an approver"),
    ],
)
def test_what_may_not_be_waived_leaves_the_file_alone(
    run: Run, home: Path, check: str, changes: dict[str, object], said: str
) -> None:
    code, _, told = run(*waive(home, check, **changes))
    assert code == 2
    assert said in told
    assert not (home / "waivers.yml").exists()


def test_a_waiver_may_end_on_the_day_of_the_last_night(run: Run, home: Path) -> None:
    assert run(*waive(home, "panel_is_in_time", **{"--expires": "2026-06-30"}))[0] == 0


def test_a_threshold_is_changed_and_listed_with_its_note(run: Run, home: Path, settings: Settings) -> None:
    given = ("--reason", "Known.", "--approver", "Ann", "--until", "2026-07-31")
    code, told, _ = run("threshold", "few_rows_of_panel", "--home", home, "--at-most", "50%", *given)
    assert code == 0
    check = "raw.quarantine.few_rows_of_panel_are_refused"
    assert f"T-2026-06-30-1 changes {check} from 2026-06-30 until 2026-07-31" in told
    renew_site(settings, AS_OF, [CheckResult(**REFUSED)], LAYERS)
    listed = run("list", "--home", home)[1]
    assert f"T-2026-06-30-1, in force: {check}: 50 % of the rows may fail (the rules: 1 %)" in listed
    assert "Changed threshold: 50 %" in run("show", "few_rows_of_panel", "--home", home)[1]


def test_what_blocks_is_not_loosened(run: Run, home: Path) -> None:
    given = ("--reason", "Known.", "--approver", "Ann", "--until", "2026-07-31", "--severity", "info")
    code, _, told = run("threshold", "raw.panel.patient_id_is_never_missing", "--home", home, *given)
    assert code == 2
    assert "never loosened" in told
    assert not (home / "waivers.yml").exists()


@pytest.mark.parametrize("arguments", [("list",), ("show", "x")])
def test_a_home_without_a_night_is_wrong_use(run: Run, settings: Settings, arguments: tuple[str]) -> None:
    assert "there is no home at" in run(*arguments, "--home", settings.home)[2]
    settings.make_home()
    code, _, told = run(*arguments, "--home", settings.home)
    assert code == 2
    assert "there is no queue at" in told


def test_a_queue_without_an_issue_says_so(run: Run, settings: Settings) -> None:
    renew_site(settings, AS_OF, [], LAYERS)
    assert run("list", "--home", settings.home)[1] == "No issue was open after the night of 2026-06-30.\n"


def test_rows_that_cannot_be_replayed_are_wrong_use(run: Run, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "corrected.csv"
    file.write_text("source_file,row_number,patient_id\na,1,Zzyzx\n", encoding="utf-8")
    settings.make_home()
    code, _, told = run("replay", file, "--landing", settings.landing, "--home", settings.home)
    assert code == 2
    assert "Zzyzx" not in told
    assert "nothing is published" in told
