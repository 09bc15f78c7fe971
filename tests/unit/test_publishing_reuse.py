"""Files that a night takes over from the last one: only the same bytes, only whole ones, never by link."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import pytest

from orchestration.publishing import claim_workbook
from orchestration.publishing import generation as generation_module
from orchestration.publishing.files import relative_files, sha256_of
from orchestration.publishing.generation import Generation, PublishContext, rollback
from orchestration.publishing.manifest import (
    FORMAT,
    MANIFEST_FILE,
    FileEntry,
    Manifest,
    read_manifest,
    write_manifest,
)
from orchestration.publishing.reuse import Reuse
from orchestration.publishing.views import BI_FILE
from tests.support.publishing_warehouse import AS_OF, Home, make_home

BOOKS = 3
CONTEXT = PublishContext(AS_OF, "two", "rules", "1.0", threads=2)
MANIFEST = Manifest(
    format=FORMAT,
    publish_id="0" * 16,
    as_of_date=AS_OF,
    inputs_sha256="",
    inputs={},
    rules_sha256="",
    rule_versions=[],
    code_version="1.0",
    gates={},
    absent_marts=[],
    files={},
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The workbooks that are made and not taken over, by TIN and month."""
    found: list[str] = []
    write = claim_workbook._write_book

    def noted(month: object, headers: object, place: Path) -> None:
        found.append("/".join(place.parts[-3:-1]))
        write(month, headers, place)  # type: ignore[arg-type]

    monkeypatch.setattr(claim_workbook, "_write_book", noted)
    yield found


def publish(home: Home, context: PublishContext = CONTEXT, *, is_anew: bool = False) -> Generation:
    return generation_module.publish(
        database=home.database,
        dq_finding=home.dq_finding,
        published=home.published,
        lake=home.lake,
        context=context,
        is_anew=is_anew,
    )


def bytes_of(generation: Generation) -> dict[str, bytes]:
    names = (name for name in relative_files(generation.path) if name != BI_FILE)
    return {name: (generation.path / name).read_bytes() for name in names}


@pytest.mark.slow
def test_a_night_that_takes_files_over_is_the_one_that_makes_them_all(
    home: Home, made: list[str], tmp_path: Path
) -> None:
    first = home.publish("one")
    assert len(made) == BOOKS
    second = publish(home)
    assert len(made) == BOOKS
    for name in read_manifest(first.path).made_of:
        assert (first.path / name).stat().st_ino != (second.path / name).stat().st_ino
    other = make_home(tmp_path / "other")
    other.publish("one")
    anew = publish(other, is_anew=True)
    assert len(made) == 3 * BOOKS
    assert bytes_of(second) == bytes_of(anew)


@pytest.mark.slow
def test_a_changed_row_makes_its_month_anew_and_no_other(home: Home, made: list[str], tmp_path: Path) -> None:
    home.publish("one")
    change = "update fct_claim_candidate set units = 7 where candidate_id = 'k1'"
    with duckdb.connect(str(home.database)) as engine:
        engine.execute(change)
    second = publish(home)
    assert made[BOOKS:] == ["12-3456789/2026-02"]
    other = make_home(tmp_path / "other")
    with duckdb.connect(str(other.database)) as engine:
        engine.execute(change)
    assert bytes_of(publish(other)) == bytes_of(second)


def written(text: str, place: Path) -> None:
    place.write_text(text, encoding="utf-8")


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A generation of one file, which tells that it is made of its name and a row."""
    folder, new = tmp_path / "earlier", Reuse(tmp_path / "earlier", "1.0")
    folder.mkdir()
    new.file(folder / "book", ["row"], partial(written, "bytes"))
    files = {"book": FileEntry(sha256=sha256_of(folder / "book"), bytes=5)}
    write_manifest(folder, MANIFEST.model_copy(update={"files": files, "made_of": new.made_of}))
    return folder


def is_taken_over(earlier: Path, *, code: str = "1.0", row: str = "row") -> bool:
    """Ask for the file once more; one that is made has other bytes than the earlier one."""
    folder = earlier.with_name("new")
    folder.mkdir()
    new = Reuse(folder, code, earlier)
    found = new.file(folder / "book", [row], partial(written, "made"))
    assert (folder / "book").read_text() == ("bytes" if found else "made")
    return found


def test_the_same_rows_code_and_libraries_are_the_same_file(earlier: Path) -> None:
    assert is_taken_over(earlier)


def test_another_row_is_another_file(earlier: Path) -> None:
    assert not is_taken_over(earlier, row="Row")


def test_other_code_is_another_file(earlier: Path) -> None:
    assert not is_taken_over(earlier, code="1.1")


def test_another_interpreter_is_another_file(earlier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.python_version", lambda: "0")
    assert not is_taken_over(earlier)


def test_a_damaged_file_is_made_anew(earlier: Path) -> None:
    (earlier / "book").write_text("bytez")
    assert not is_taken_over(earlier)


def test_a_missing_file_is_made_anew(earlier: Path) -> None:
    (earlier / "book").unlink()
    assert not is_taken_over(earlier)


@pytest.mark.parametrize("torn", ["", "{}", "older"])
def test_without_a_manifest_that_tells_of_it_a_file_is_made_anew(earlier: Path, torn: str) -> None:
    manifest = earlier / MANIFEST_FILE
    if torn == "older":
        told = json.loads(manifest.read_text(encoding="utf-8"))
        del told["made_of"]
        torn = json.dumps(told)
    manifest.write_text(torn, encoding="utf-8")
    assert not is_taken_over(earlier)


@pytest.mark.slow
def test_after_a_rollback_files_come_from_what_readers_have(home: Home, made: list[str]) -> None:
    first = home.publish("one")
    with duckdb.connect(str(home.database)) as engine:
        engine.execute("update fct_claim_candidate set units = 7 where candidate_id = 'k1'")
    wrong = publish(home)
    rollback(home.published)
    with duckdb.connect(str(home.database)) as engine:
        engine.execute("update fct_claim_candidate set units = 1 where candidate_id = 'k1'")
    del made[:]
    third = publish(home, replace(CONTEXT, inputs_hash="three"))
    assert made == []
    books = read_manifest(third.path).made_of
    assert books == read_manifest(first.path).made_of != read_manifest(wrong.path).made_of
