"""The access log: what was written for whom, what a command opened for what, and no id in it."""

import json
import os
import pwd
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.publishing.access import (
    NOBODY,
    Asking,
    note_copied,
    note_generation,
    note_read,
    note_written,
    recipient_of,
)
from orchestration.publishing.bridge import read_basis
from orchestration.publishing.errors import PublishError
from orchestration.publishing.explain import explain_candidate, explain_entry
from orchestration.publishing.files import FILE_MODE
from orchestration.publishing.lookup import open_current
from orchestration.publishing.sharing import hashed_id
from tests.support.publishing_warehouse import Home, make_home

KEY = "a key of this test"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("WARMHANDOFF_HASH_KEY", KEY)
    return make_home(tmp_path / "home")


def lines_of(home: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted((home / "logs").glob("access-*.log"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ask", "command", "kind", "subject", "mart"),
    [
        (explain_entry, "explain entry", "entry_id", "a1", "fct_minute_segment"),
        (explain_candidate, "explain candidate", "candidate_id", "k2", "fct_claim_candidate"),
    ],
)
def test_who_asked_for_what_is_noted_by_its_hash(
    ask: Callable[..., object], command: str, kind: str, subject: str, mart: str, home: Home
) -> None:
    generation = home.publish()
    ask(subject, published=home.published)
    lines = lines_of(home.root)
    assert f"identified/{mart}.parquet" in {file for line in lines for file in line["files"]}
    for line in lines:
        assert (line["action"], line["command"], line["generation"]) == ("read", command, generation.name)
        assert (line["subject_kind"], line["subject_hash"]) == (kind, hashed_id(KEY, kind, subject))
        assert line["user"]
        assert datetime.fromisoformat(line["at"]).tzinfo == UTC
    [log] = (home.root / "logs").iterdir()
    assert log.stat().st_mode & 0o777 == FILE_MODE


@pytest.mark.slow
def test_an_id_that_is_not_found_was_asked_for_too(home: Home) -> None:
    home.publish()
    with pytest.raises(PublishError):
        explain_candidate("nobody", published=home.published)
    assert lines_of(home.root)[0]["subject_hash"] == hashed_id(KEY, "candidate_id", "nobody")


@pytest.mark.slow
def test_a_mart_is_noted_once_an_opening_and_only_where_somebody_asks(home: Home) -> None:
    home.publish()
    for asking, noted in ((None, 0), (Asking("bridge"), 1)):
        with open_current(home.published, asking) as reader:
            for _ in range(2):
                reader.rows("select 1 from {dim_team}", marts=["dim_team"])
        assert len(lines_of(home.root)) == noted
    assert "subject_hash" not in lines_of(home.root)[0]


@pytest.mark.slow
def test_the_bridge_is_noted(home: Home) -> None:
    home.publish()
    with pytest.raises(PublishError):
        read_basis(home.published, "no team")
    assert {line["command"] for line in lines_of(home.root)} == {"bridge"}


@pytest.mark.slow
def test_nothing_is_opened_where_it_cannot_be_noted(home: Home) -> None:
    home.publish()
    (home.root / "logs").write_text("no folder", encoding="utf-8")
    with pytest.raises(PublishError, match="are not opened without it"):
        explain_entry("a1", published=home.published)


@pytest.mark.slow
def test_what_is_published_stays_published_where_it_cannot_be_noted(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    generation = home.publish()
    (home.root / "logs").write_text("no folder", encoding="utf-8")
    note_generation(home.root, generation)
    assert "the access log in" in caplog.text


@pytest.mark.slow
def test_each_identified_file_of_a_new_generation_is_noted_once(home: Home) -> None:
    for _ in range(2):
        note_generation(home.root, home.publish())
    lines = lines_of(home.root)
    assert all(line["file"].startswith("identified/") for line in lines)
    assert len({line["file"] for line in lines}) == len(lines) > 10
    assert NOBODY not in {line["recipient"] for line in lines}


@pytest.mark.slow
def test_a_copy_is_noted_with_its_marts(home: Home) -> None:
    generation = home.publish()
    note_copied(home.root, generation, "Postgres")
    [line] = lines_of(home.root)
    assert (line["action"], line["to"]) == ("copied", "Postgres")
    assert "identified/dim_patient.parquet" in line["files"]


@pytest.mark.parametrize(
    ("name", "recipient"),
    [
        ("identified/lists/claim_candidates/99/2026-03/held.csv", "billing, TIN 99"),
        ("identified/lists/likely_eligible/d1/2026-03-20.html", "primary care provider d1"),
        ("identified/lists/case_review/c1.csv", "psychiatric consultant c1"),
        ("identified/lists/near_miss/m1.csv", "care manager m1"),
        ("identified/lists/failing_rows/quality_staff.csv", "quality staff"),
        ("quality/identified/failing_rows.csv", "quality staff"),
        ("identified/scorecards/care_managers/m1/2026-03.html", "care manager m1"),
        ("identified/scorecards/index.html", "whoever hands out the scorecards"),
        ("identified/dim_patient.parquet", "analysts who may see patients"),
        ("identified/lists/dim_patient.parquet", NOBODY),
        ("identified/new/thing.csv", NOBODY),
    ],
)
def test_every_path_says_for_whom_it_is(name: str, recipient: str) -> None:
    assert recipient_of(name) == recipient


def test_files_that_are_not_identified_are_passed_over(tmp_path: Path) -> None:
    note_written(tmp_path, "nightly", ["shared/a.parquet", "manifest.json", "identified.csv"])
    assert lines_of(tmp_path) == []


def test_a_user_without_a_name_is_told_by_number_and_sudo_by_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr(os, "getuid", lambda: 4711)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.delenv("SUDO_USER", raising=False)
    note_read(tmp_path, Asking("bridge"), "g", ["dim_team"])
    monkeypatch.setenv("SUDO_USER", "ann")
    note_read(tmp_path, Asking("bridge"), "g", ["dim_team"])
    assert [line["user"] for line in lines_of(tmp_path)] == ["4711", "4711 for ann"]
