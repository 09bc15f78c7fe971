"""Waivers: read strictly, in force to the day, within their scope, and part of what names a publication."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.publishing.files import FILE_MODE
from orchestration.quality.findings import CheckResult
from orchestration.quality.waivers import (
    HEADER,
    Waiver,
    Waivers,
    append_entry,
    free_name,
    load_waivers,
    read_waivers,
)
from orchestration.runner import run_night
from orchestration.settings import ConfigurationError, Settings
from tests.support.no_stage import NoStage

EXPIRES = date(2026, 7, 31)
DAY = timedelta(days=1)
FAILURE = CheckResult(
    check_id="marts.dim_team.key_is_unique",
    layer="marts",
    table_name="dim_team",
    severity="critical",
    status="failed",
    failed_rows=41,
    total_rows=90,
    owner="data_engineering",
)
ENTRY: dict[str, Any] = {
    "waiver": "W-1",
    "check": FAILURE.check_id,
    "scope": {"most_failed_rows": 41},
    "reason": "The teams are merged on August 1st.",
    "approver": "Compliance",
    "expires_on": EXPIRES,
}


def written(path: Path, *entries: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(list(entries)), encoding="utf-8")
    return path


def applied(result: CheckResult, as_of: date, **changes: Any) -> CheckResult:
    waivers = Waivers((Waiver.model_validate(ENTRY | changes),))
    return waivers.apply([result], as_of)[0]


@pytest.mark.parametrize(
    ("as_of", "is_waived"),
    [(EXPIRES - DAY, True), (EXPIRES, True), (EXPIRES + DAY, False)],
)
def test_a_waiver_holds_to_the_end_of_its_last_day(as_of: date, is_waived: bool) -> None:
    result = applied(FAILURE, as_of)
    assert (result.waiver_id == "W-1") is is_waived
    assert result.is_blocking is not is_waived


@pytest.mark.parametrize(("days", "is_waived"), [(-1, False), (0, True), (1, True)])
def test_a_waiver_holds_from_the_day_it_is_granted(days: int, is_waived: bool) -> None:
    granted = date(2026, 7, 1)
    result = applied(FAILURE, granted + days * DAY, granted_on=granted)
    assert (result.waiver_id is not None) is is_waived


@pytest.mark.parametrize(("failed_rows", "is_waived"), [(40, True), (41, True), (42, False), (None, False)])
def test_more_rows_than_were_approved_are_not_waived(failed_rows: int | None, is_waived: bool) -> None:
    result = applied(replace(FAILURE, failed_rows=failed_rows), EXPIRES)
    assert (result.waiver_id is not None) is is_waived


def test_a_check_that_could_not_be_run_is_waived_by_a_scope_of_all_alone() -> None:
    broken = replace(FAILURE, status="error", failed_rows=None)
    assert applied(broken, EXPIRES).is_blocking
    assert not applied(broken, EXPIRES, scope="all").is_blocking


def test_what_passes_and_what_is_another_check_has_no_waiver() -> None:
    for other in (replace(FAILURE, status="passed"), replace(FAILURE, check_id="marts.dim_team.has_rows")):
        assert applied(other, EXPIRES, scope="all") == other


def test_a_test_that_stops_the_build_cannot_be_waived() -> None:
    stopping = replace(FAILURE, layer="dbt")
    assert applied(stopping, EXPIRES).is_blocking
    assert applied(replace(stopping, severity="warning"), EXPIRES).waiver_id == "W-1"


def test_an_assignment_names_the_owner(tmp_path: Path) -> None:
    path = written(tmp_path / "w.yml", {"check": FAILURE.check_id, "owner": "Clinic B", "note": "Ask Ann."})
    assert read_waivers(path).apply([FAILURE], EXPIRES)[0].owner == "Clinic B"


@pytest.mark.parametrize("column", ["waiver", "check", "scope", "reason", "approver", "expires_on"])
def test_a_waiver_that_lacks_something_is_refused(tmp_path: Path, column: str) -> None:
    path = written(tmp_path / "waivers.yml", {name: ENTRY[name] for name in ENTRY if name != column})
    with pytest.raises(ConfigurationError, match=f"waivers.yml, entry 1: {column} is missing"):
        read_waivers(path)


@pytest.mark.parametrize("column", ["waiver", "check", "reason", "approver"])
def test_a_blank_is_not_an_answer(tmp_path: Path, column: str) -> None:
    with pytest.raises(ConfigurationError, match=f"entry 1: {column} is refused"):
        read_waivers(written(tmp_path / "waivers.yml", ENTRY | {column: "  "}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- [", "is not YAML at line"),
        ("waiver: W-1", "is not a list"),
        (yaml.safe_dump([ENTRY, ENTRY]), "the waiver W-1 stands twice"),
        (yaml.safe_dump([{"check": "a", "owner": "b"}] * 2), "the assignment of a stands twice"),
        (yaml.safe_dump([ENTRY | {"granted_on": EXPIRES + DAY}]), "expires before it is granted"),
        (yaml.safe_dump([ENTRY | {"scope": {"most_failed_rows": 0}}]), "scope is refused"),
        (yaml.safe_dump([ENTRY | {"scope": "some"}]), "scope is refused"),
        (yaml.safe_dump([ENTRY | {"expires_on": "soon"}]), "expires_on is refused"),
        (yaml.safe_dump([ENTRY | {"until": "soon"}]), "until is refused"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_whole(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "waivers.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said):
        read_waivers(path)


def test_without_a_file_nothing_is_waived_but_a_named_one_has_to_be_there(settings: Settings) -> None:
    assert load_waivers(settings) == Waivers()
    named = settings.model_copy(update={"waivers": settings.home / "reviewed.yml"})
    with pytest.raises(ConfigurationError, match="which does not exist"):
        load_waivers(named)


def test_a_night_with_a_refused_waiver_does_not_begin(
    settings: Settings, land: Callable[[str, str], Path]
) -> None:
    land("patient", "2026-06-30")
    written(settings.waivers_file, {name: ENTRY[name] for name in ENTRY if name != "approver"})
    with pytest.raises(ConfigurationError, match="approver is missing"):
        run_night(settings, NoStage())
    assert not settings.lake.exists()


def test_a_result_depends_on_the_waivers_in_force_and_on_no_other() -> None:
    waiver = Waiver.model_validate(ENTRY)
    known = Waivers((waiver,))
    assert known.fingerprint(EXPIRES)
    assert known.fingerprint(EXPIRES + DAY) == Waivers().fingerprint(EXPIRES) == ""
    longer = Waivers((waiver.model_copy(update={"expires_on": EXPIRES + DAY}),))
    assert longer.fingerprint(EXPIRES) != known.fingerprint(EXPIRES)


def test_a_waiver_is_written_behind_what_stands_there(tmp_path: Path) -> None:
    path = tmp_path / "home" / "waivers.yml"
    first = Waiver.model_validate(ENTRY)
    append_entry(path, first)
    assert path.read_text(encoding="utf-8").startswith(HEADER)
    assert path.stat().st_mode & 0o777 == FILE_MODE
    path.write_text(f"{path.read_text(encoding='utf-8')}# looked at by two\n", encoding="utf-8")
    second = first.model_copy(update={"waiver": free_name(read_waivers(path), EXPIRES)})
    append_entry(path, second)
    assert read_waivers(path).waivers == (first, second)
    assert "# looked at by two" in path.read_text(encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="stands twice"):
        append_entry(path, second)
    assert path.read_bytes() == before


def test_a_free_name_is_free() -> None:
    waiver = Waiver.model_validate(ENTRY | {"waiver": f"W-{EXPIRES}-1"})
    assert free_name(Waivers(), EXPIRES) == f"W-{EXPIRES}-1"
    assert free_name(Waivers((waiver,)), EXPIRES) == f"W-{EXPIRES}-2"
