"""``status.json``: what readers have, what is held back, since when and why."""

import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.publishing.generation import rollback
from orchestration.publishing.status import damage_of_current, hold_back, read_status
from orchestration.publishing.summary_render import render_damage, render_status
from tests.support.publishing_warehouse import AS_OF, FINDINGS, Home, make_home, make_mart


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def findings(path: Path, *changes: dict[str, object]) -> Path:
    with duckdb.connect() as engine:
        make_mart(engine, "dq_finding", [FINDINGS[0] | change for change in changes])
        engine.execute(f"copy dq_finding to '{path}' (format parquet)")
    return path


def test_before_the_first_night_nothing_is_published(tmp_path: Path) -> None:
    status = read_status(tmp_path)
    assert (status.state, status.current, status.held_back) == ("nothing_published", None, None)


@pytest.mark.slow
def test_a_published_night_is_current_and_not_stale(home: Home) -> None:
    generation = home.publish()
    status = read_status(home.published)
    assert (status.state, status.as_of_date, status.stale_since) == ("published", AS_OF, None)
    assert status.current is not None
    assert status.current.name == generation.name
    assert status.current.publish_id == generation.publish_id


@pytest.mark.slow
def test_a_held_back_night_says_since_when_and_why_and_readers_keep_what_they_have(
    home: Home, tmp_path: Path
) -> None:
    generation = home.publish()
    failing = findings(
        tmp_path / "f.parquet",
        {"check_id": "b", "status": "failed", "failed_rows": 4, "what_to_do": "Look at the rows."},
        {"check_id": "a", "status": "error"},
        {"check_id": "c", "status": "failed", "severity": "warning"},
        {"check_id": "d", "status": "passed"},
    )
    first, second = date(2026, 3, 21), date(2026, 3, 22)
    hold_back(home.published, as_of_date=first, reason="seconds were lost", dq_finding=failing)
    status = hold_back(home.published, as_of_date=second, reason="still lost", dq_finding=failing)
    assert status == read_status(home.published)
    assert status.state == "held_back"
    assert status.current is not None
    assert status.current.name == generation.name
    assert status.stale_since == AS_OF
    assert status.held_back is not None
    assert (status.held_back.since, status.held_back.reason) == (first, "still lost")
    assert [check.check_id for check in status.held_back.failed_checks] == ["a", "b"]
    assert status.held_back.failed_checks[1].what_to_do == "Look at the rows."


@pytest.mark.slow
def test_the_next_published_night_ends_the_hold(home: Home) -> None:
    home.publish("one")
    hold_back(home.published, as_of_date=AS_OF, reason="no")
    home.publish("two")
    status = read_status(home.published)
    assert (status.state, status.held_back, status.stale_since) == ("published", None, None)


@pytest.mark.slow
def test_publishing_the_same_again_ends_the_hold(home: Home) -> None:
    home.publish("one")
    hold_back(home.published, as_of_date=AS_OF, reason="no")
    assert not home.publish("one").is_new
    assert read_status(home.published).state == "published"


def test_the_first_night_can_be_held_back_without_findings(tmp_path: Path) -> None:
    published = tmp_path / "home" / "published"
    status = hold_back(
        published, as_of_date=AS_OF, reason="dbt failed", dq_finding=tmp_path / "absent.parquet"
    )
    assert (status.current, status.stale_since) == (None, None)
    assert status.held_back is not None
    assert status.held_back.failed_checks == []
    assert read_status(published) == status


@pytest.mark.slow
def test_a_rollback_stays_known_while_nights_are_held_back(home: Home) -> None:
    home.publish("one")
    second = home.publish("two")
    rollback(home.published)
    hold_back(home.published, as_of_date=date(2026, 3, 21), reason="no")
    assert read_status(home.published).rolled_back_from == second.name


@pytest.mark.slow
@pytest.mark.parametrize("content", ["", "{", "[]", '{"state": "what"}'])
def test_a_torn_status_is_read_from_the_link(home: Home, content: str) -> None:
    generation = home.publish()
    (home.published / "status.json").write_text(content)
    status = read_status(home.published)
    assert status.state == "published"
    assert status.current is not None
    assert status.current.name == generation.name


@pytest.mark.slow
def test_a_status_that_is_older_than_the_link_gives_way_to_it(home: Home) -> None:
    home.publish("one")
    old = (home.published / "status.json").read_text()
    second = home.publish("two")
    (home.published / "status.json").write_text(old)
    status = read_status(home.published)
    assert status.current is not None
    assert status.current.name == second.name


@pytest.mark.slow
def test_a_held_back_night_stays_known_while_an_operator_goes_back_and_forward(home: Home) -> None:
    home.publish("one")
    last = home.publish("two").name
    hold_back(home.published, as_of_date=date(2026, 3, 21), reason="A gate failed.")
    rollback(home.published)
    back = read_status(home.published)
    assert (back.state, back.rolled_back_from) == ("rolled_back", last)
    assert back.held_back is not None
    rollback(home.published, to=last)
    forward = read_status(home.published)
    assert (forward.state, forward.rolled_back_from) == ("held_back", None)
    assert forward.stale_since == AS_OF
    assert forward.held_back == back.held_back


@pytest.mark.slow
def test_damage_of_what_readers_have_is_told_by_name_and_with_what_to_do(home: Home) -> None:
    assert damage_of_current(home.published) == []
    generation = home.publish()
    assert damage_of_current(home.published) == []
    assert str(render_damage([])) == ""
    (generation.path / "identified" / "dim_team.parquet").unlink()
    assert damage_of_current(home.published) == ["identified/dim_team.parquet is missing"]
    (generation.path / "manifest.json").write_text("{")
    (problem,) = damage_of_current(home.published)
    assert "manifest.json is missing or torn" in problem
    shutil.rmtree(generation.path)
    assert damage_of_current(home.published) == [f"current leads to {generation.name}, which is gone"]
    told = str(render_damage([f"file {number}" for number in range(20)]))
    assert "warmhandoff rollback" in told
    assert "and 8 more" in told


@pytest.mark.slow
def test_the_file_has_sorted_keys_and_iso_dates(home: Home) -> None:
    home.publish()
    raw = json.loads((home.published / "status.json").read_text())
    assert list(raw) == sorted(raw)
    assert raw["as_of_date"] == "2026-03-20"


@pytest.mark.slow
def test_the_status_for_people_names_the_failed_checks(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    failing = findings(tmp_path / "f.parquet", {"status": "failed", "what_it_means": "Seconds were lost."})
    home.publish()
    status = hold_back(home.published, as_of_date=AS_OF, reason="a gate failed", dq_finding=failing)
    Console(width=200).print(render_status(status))
    shown = capsys.readouterr().out
    assert "Held back since 2026-03-20: a gate failed" in shown
    assert "marts_conserve_seconds: Seconds were lost." in shown
    assert "stale since 2026-03-20" in shown
