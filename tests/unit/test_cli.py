"""The command: options, exit codes, and messages of one line."""

import errno
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import typer
from filelock import FileLock
from typer.main import get_command

from orchestration import cli
from orchestration.ahead import Ahead
from orchestration.night_lock import night_lock
from orchestration.runner import Outcome, business_date
from orchestration.settings import Settings
from tests.support.publishing_warehouse import make_home

CANARY = "Zzyzx-Canary"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs the command and returns exit code, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["warmhandoff", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return call


def _commands(command: object, path: str = "") -> list[tuple[str, typer.core.TyperCommand]]:
    if isinstance(command, typer.core.TyperGroup):
        return [leaf for name, sub in command.commands.items() for leaf in _commands(sub, f"{path} {name}")]
    assert isinstance(command, typer.core.TyperCommand)
    return [(path.strip(), command)]


def test_every_command_and_every_option_has_help() -> None:
    commands = dict(_commands(get_command(cli.app)))
    assert set(commands) >= {
        "sample", "nightly", "status", "rollback", "explain entry", "explain candidate", "ui",
    }  # fmt: skip
    for name, command in commands.items():
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name}: {parameter.name}"


def test_an_installation_without_models_and_rules_is_refused_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("orchestration.site_commands.DBT_PROJECT_DIR", tmp_path / "dbt_project")
    code, told, error = run("status", "--home", tmp_path)
    assert (code, told) == (2, "")
    assert "make install" in error
    assert error.count("\n") == 1
    assert run("--help")[0] == 0


def test_the_settings_are_listed_with_their_variables(run: Run) -> None:
    code, told, _ = run("settings")
    assert code == 0
    assert all(f"WARMHANDOFF_{name.upper()}" in told for name in Settings.model_fields)


@pytest.mark.parametrize("missing", ["--landing", "--home"])
def test_a_missing_place_is_wrong_use(run: Run, tmp_path: Path, missing: str) -> None:
    given = {"--landing": tmp_path, "--home": tmp_path / "home"}
    del given[missing]
    code, _, told = run("nightly", *(part for pair in given.items() for part in pair))
    assert code == 2
    assert missing in told


def test_a_landing_folder_that_does_not_exist_is_wrong_use(run: Run, tmp_path: Path) -> None:
    code, _, told = run("nightly", "--landing", tmp_path / "nowhere", "--home", tmp_path / "home")
    assert code == 2
    assert told == f"Error: there is no landing folder at {tmp_path / 'nowhere'}\n"
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("place", [".", "home", "lake/../home/deeper"])
def test_a_home_in_the_landing_folder_is_wrong_use(run: Run, settings: Settings, place: str) -> None:
    delivered = settings.landing / "patient" / "2026-06-30" / "patient.csv"
    delivered.parent.mkdir(parents=True)
    delivered.write_text("patient_id\n", encoding="utf-8")
    for command in ("nightly", "ui"):
        code, _, told = run(command, "--landing", settings.landing, "--home", settings.landing / place)
        assert code == 2
        assert "lies in the landing folder" in told
    assert [path.name for path in settings.landing.iterdir()] == ["patient"]


def test_a_landing_folder_without_a_delivery_is_wrong_use(run: Run, settings: Settings) -> None:
    code, _, told = run("nightly", "--landing", settings.landing, "--home", settings.home)
    assert code == 2
    assert told.startswith(f"Error: no delivery in {settings.landing}:")
    assert told.count("\n") == 1


def test_a_date_before_the_first_delivery_is_wrong_use(
    run: Run, settings: Settings, land: Callable[[str, str], Path]
) -> None:
    land("patient", "2026-06-30")
    places = ["--landing", settings.landing, "--home", settings.home]
    code, _, told = run("nightly", *places, "--as-of", "2026-06-29")
    assert code == 2
    assert "up to 2026-06-29" in told


def test_a_landing_folder_with_deliveries_of_the_future_alone_is_wrong_use(
    run: Run, settings: Settings, land: Callable[[str, str], Path]
) -> None:
    land("patient", "2962-06-30")
    code, _, told = run("nightly", "--landing", settings.landing, "--home", settings.home)
    assert code == 2
    assert "Not read, since dated far after today: 2962-06-30." in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("hour", "read", "passed_over"),
    [
        (3, (date(2026, 6, 30), date(2036, 6, 26)), (date(2036, 6, 27), date(2962, 1, 1))),
        (4, (date(2036, 6, 26), date(2036, 6, 27)), (date(2962, 1, 1),)),
    ],
)
def test_a_night_without_a_date_reads_what_is_not_far_after_today_where_the_site_is(
    settings: Settings,
    land: Callable[[str, str], Path],
    hour: int,
    read: tuple[date, ...],
    passed_over: tuple[date, ...],
) -> None:
    settings = settings.model_copy(update={"default_time_zone": "America/New_York"})
    for day in ("2026-06-29", "2026-06-30", "2036-06-26", "2036-06-27", "2962-01-01"):
        land("patient", day)
    now = datetime(2026, 6, 30, hour, tzinfo=UTC)
    ahead = Ahead(read, passed_over)
    assert business_date(settings, now) == (read[-1], ahead)
    assert [sentence.split(":")[0] for sentence in ahead.told()] == [
        "Not read, since dated far after today",
        "Read, although dated after today",
    ]
    asked = settings.model_copy(update={"as_of_date": date(2962, 1, 1)})
    assert business_date(asked, now) == (date(2962, 1, 1), Ahead())


def test_what_is_not_a_date_is_wrong_use(run: Run, settings: Settings) -> None:
    places = ["--landing", settings.landing, "--home", settings.home]
    code, _, told = run("nightly", *places, "--as-of", "30.6.2026")
    assert code == 2
    assert "--as-of" in told
    assert "Traceback" not in told


def test_an_unknown_setting_is_wrong_use(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARMHANDOFF_TIME_ZONE", "America/New_York")
    code, _, told = run("nightly", "--landing", settings.landing, "--home", settings.home)
    assert code == 2
    assert told.startswith("Error: unknown setting WARMHANDOFF_TIME_ZONE")


def test_a_second_night_in_the_same_home_is_refused(
    run: Run, settings: Settings, land: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    land("patient", "2026-06-30")
    # Another process is another lock object over the same file.
    monkeypatch.setattr("orchestration.night_lock.FileLock", _other_process(settings))
    places = ["--landing", settings.landing, "--home", settings.home]
    code, _, told = run("nightly", *places, "--as-of", "2026-06-30")
    assert code == 2
    assert told == f"Error: another night is running in {settings.home}; wait for its end and run again\n"


def _other_process(settings: Settings) -> Callable[..., object]:
    from filelock import FileLock

    settings.make_home()
    held = FileLock(settings.lock_file)
    held.acquire()

    def make(place: Path, **options: object) -> FileLock:
        assert held.is_locked
        return FileLock(place, timeout=0)

    return make


def test_the_lock_of_a_night_is_free_again_after_it(settings: Settings) -> None:
    with night_lock(settings), night_lock(settings):
        assert settings.lock_file.exists()
    with night_lock(settings):
        pass


@pytest.mark.slow
def test_a_night_of_an_earlier_date_says_how_to_give_the_later_one_back(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_home(tmp_path / "home")
    shown = home.publish()
    earlier = Outcome(True, shown.as_of_date - timedelta(days=1), tmp_path / "log", Ahead())
    for outcome, is_told in ((earlier, True), (replace(earlier, as_of_date=shown.as_of_date), False)):
        monkeypatch.setattr("orchestration.runner.run_night", lambda *_, _it=outcome, **__: _it)
        code, _, told = run("nightly", "--landing", tmp_path / "landing", "--home", home.root)
        assert code == 0
        assert (f"rollback --home {home.root} --to {shown.name}" in told) is is_told


def test_a_sample_is_not_written_over_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kept.csv").write_text("kept", encoding="utf-8")
    code, _, told = run("sample", "--landing", tmp_path, "--as-of", "2026-06-30")
    assert code == 2
    assert "is not an empty folder" in told
    assert (tmp_path / "kept.csv").read_text(encoding="utf-8") == "kept"


@pytest.mark.slow
def test_a_sample_is_written_with_its_answers(run: Run, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    code, _, told = run(
        "sample", "--landing", landing, "--patients", 60, "--months", 2, "--as-of", "2026-06-30"
    )
    assert code == 0
    assert f"rows in {landing}" in told
    assert (landing / "_planted.json").is_file()


@pytest.mark.parametrize(
    "arguments", [("status",), ("rollback",), ("explain", "entry", "E1"), ("explain", "candidate", "C1")]
)
def test_a_home_that_does_not_exist_is_wrong_use(
    run: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    code, _, told = run(*arguments, "--home", tmp_path / "nowhere")
    assert code == 2
    assert told == f"Error: there is no home at {tmp_path / 'nowhere'}: run warmhandoff nightly first\n"


def test_a_home_without_a_publication_has_a_status(run: Run, settings: Settings) -> None:
    settings.make_home()
    code, told, _ = run("status", "--home", settings.home)
    assert code == 0
    assert "othing" in told


@pytest.mark.parametrize(
    "arguments",
    [("rollback",), ("explain", "entry", "E1"), ("explain", "candidate", "C1"), ("bridge", "--amount", "1")],
)
def test_what_needs_a_publication_says_so(run: Run, settings: Settings, arguments: tuple[str, ...]) -> None:
    settings.make_home()
    code, _, told = run(*arguments, "--home", settings.home)
    assert code == 2
    assert told.startswith("Error: ")
    assert "Traceback" not in told


def test_an_unforeseen_error_tells_its_place_and_not_its_text(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError(CANARY)

    settings.make_home()
    monkeypatch.setattr("orchestration.publishing.status.read_status", fail)
    code, told, error = run("status", "--home", settings.home)
    assert code == 1
    assert CANARY not in told + error
    assert "Unexpected: ValueError" in error
    assert "orchestration/cli.py" in error


@pytest.mark.parametrize(
    "wrong",
    [
        ("--amount", "0"),
        ("--amount", "nan"),
        ("--amount", "inf"),
        ("--amount", "1000", "--months", "0"),
        ("--amount", "1000", "--months", "601"),
    ],
)
def test_an_amount_that_is_none_and_a_period_that_is_none_are_wrong_use(
    run: Run, tmp_path: Path, wrong: tuple[str, ...]
) -> None:
    code, told, error = run("bridge", "--home", tmp_path, *wrong)
    assert (code, told) == (2, "")
    assert "Invalid value for '--" in error


def test_a_file_where_a_folder_belongs_is_told_in_one_line(run: Run, settings: Settings) -> None:
    file = settings.home.parent / "file"
    file.write_text("not a folder")
    (settings.landing / "patient" / "2026-06-30").mkdir(parents=True)
    (settings.landing / "patient" / "2026-06-30" / "patient.csv").write_text("patient_id\n")
    for arguments, message in (
        (("sample", "--landing", file, "--as-of", "2026-06-30"), "is not an empty folder"),
        (("nightly", "--landing", settings.landing, "--home", file), "no home can be made at"),
        (("nightly", "--landing", settings.landing, "--home", file / "home"), "no home can be made at"),
    ):
        code, _, error = run(*arguments)
        assert code == 2
        assert message in error
        assert error.count("\n") == 1


def test_a_place_that_cannot_be_written_is_told_in_one_line(
    run: Run, settings: Settings, land: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path | FileLock, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    land("patient", "2026-06-30")
    settings.make_home()
    monkeypatch.setattr(FileLock, "acquire", refuse)
    code, _, error = run("nightly", "--landing", settings.landing, "--home", settings.home)
    assert (code, error) == (
        2,
        f"Error: the home {settings.home} cannot be written: Read-only file system; "
        "make it writable for the user that runs the night\n",
    )
    monkeypatch.setattr(Path, "mkdir", refuse)
    sample = settings.home.parent / "sample"
    code, _, error = run("sample", "--landing", sample, "--as-of", "2026-06-30")
    assert code == 2
    assert error.splitlines()[-1].startswith(f"Error: {sample}")
    assert error.endswith(": Read-only file system\n")
