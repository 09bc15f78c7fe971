"""Publishing killed at any point, on a full disk, twice at once: readers have the old one or the new."""

import errno
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from orchestration.publishing import files, generation, history
from orchestration.publishing.errors import PublishError
from orchestration.publishing.generation import current, generations
from orchestration.publishing.history import require_current
from orchestration.publishing.manifest import problems_of
from orchestration.publishing.status import read_status
from tests.support.publishing_warehouse import ROWS, SEGMENT, Home, make_home

PROJECT = Path(__file__).resolve().parents[2]
PUBLISH = """
import resource, sys
from pathlib import Path
from orchestration.publishing.errors import PublishError
from tests.support.publishing_warehouse import Home
if len(sys.argv) > 3:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    made = Home(Path(sys.argv[1])).publish(sys.argv[2])
    print(made.name, made.is_new)
except PublishError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def start(home: Home, inputs: str, *more: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PUBLISH, str(home.root), inputs, *map(str, more)]
    return subprocess.Popen(command, cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def leftovers(home: Home) -> list[str]:
    return [path.name for path in home.published.rglob(".*") if path.name != ".lock"]


def killed_publications(home: Home, evenly: int, last: int) -> Iterator[dict[str, object]]:
    command = ["-m", "tests.faults.publishing_kills", str(home.root), "new", str(evenly), str(last)]
    done = subprocess.run([sys.executable, *command], cwd=PROJECT, text=True, capture_output=True, check=True)
    yield from map(json.loads, done.stdout.splitlines())


@pytest.mark.parametrize(("first", "evenly", "last"), [(False, 3, 14), (True, 2, 4)])
def test_a_publication_killed_at_any_line_leaves_the_old_generation_or_the_new_one(
    home: Home, first: bool, evenly: int, last: int
) -> None:
    old = None if first else home.publish("old").name
    home.published.mkdir(exist_ok=True)
    seen = set()
    for kill in killed_publications(home, evenly, last):
        assert kill["code"] == -signal.SIGKILL, kill
        found, again = kill["found"], kill["found_again"]
        assert isinstance(found, dict)
        assert isinstance(again, dict)
        assert found["problems"] == [], kill
        new = again["current"]
        assert found["current"] in {old, new}, kill
        assert kill["code_again"] == 0
        assert again["problems"] == []
        assert new not in {None, old}
        assert kill["leftovers"] == [".lock"]
        seen.add(found["current"])
    assert seen == {old, new}


@contextmanager
def reader_of(home: Home, faults: list[str]) -> Iterator[None]:
    """Read everything through ``bi.duckdb`` again and again, noting whatever is not one whole generation."""
    stop = threading.Event()
    marts = [*ROWS, "dq_finding"]
    ids = " union all ".join(f"select '{mart}' as mart, publish_id from {mart}" for mart in marts)

    def read() -> None:
        while not stop.is_set():
            try:
                file = require_current(home.published).path / "bi.duckdb"
                with duckdb.connect(str(file), read_only=True) as engine:
                    rows = engine.execute(
                        f"select count(distinct publish_id), count(distinct mart) from ({ids})"
                    )
                    if (found := rows.fetchone()) != (1, len(marts)):
                        faults.append(f"{file.parent.name}: {found}")
            except (duckdb.Error, PublishError) as error:
                faults.append(repr(error))

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_reader_beside_killed_nights_never_sees_half_a_generation(tmp_path: Path) -> None:
    segments = [ROWS[SEGMENT][0] | {"entry_id": f"a{number:05}"} for number in range(500)]
    home = make_home(tmp_path / "home", ROWS | {SEGMENT: segments})
    home.publish("night 0")
    chance = random.Random(7)  # noqa: S311
    faults: list[str] = []
    with reader_of(home, faults):
        for night in range(1, 9):
            process = start(home, f"night {night}")
            time.sleep(chance.uniform(0.3, 1.6))
            process.kill()
            process.communicate()
            assert problems_of(require_current(home.published).path) == []
        whole = home.publish("last night")
    assert faults == []
    assert require_current(home.published).name == whole.name
    assert leftovers(home) == []
    assert [one.name for one in generations(home.published) if problems_of(one.path)] == []


def test_views_that_a_killed_night_left_half_pinned_are_swept(home: Home) -> None:
    shown = home.publish("old").path
    for half in [shown / ".bi.duckdb.aside", home.published / ".bi.duckdb.aside"]:
        half.touch()
    home.publish("new")
    assert leftovers(home) == []


@pytest.mark.parametrize("limit_bytes", [300, 3_000, 60_000])
def test_a_full_disk_leaves_the_old_generation_and_a_clear_error(home: Home, limit_bytes: int) -> None:
    old = home.publish("old")
    process = start(home, "new", limit_bytes)
    _, said = process.communicate()
    assert process.returncode == 1
    assert "the disk is full" in said
    assert "Traceback" not in said
    assert require_current(home.published).name == old.name
    assert problems_of(old.path) == []
    assert home.publish("new").name == require_current(home.published).name
    assert leftovers(home) == []


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (files, "fsync_path"),
        (generation, "seal_tree"),
        (generation, "write_manifest"),
        (generation, "fsync_path"),
        (generation, "audit"),
        (history, "write_json"),
        (generation, "flip"),
    ],
)
def test_no_room_at_any_step_before_the_flip_keeps_the_old_generation(
    home: Home, monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> None:
    old = home.publish("old")
    with monkeypatch.context() as patched:
        patched.setattr(module, name, full)
        with pytest.raises(PublishError, match="the disk is full"):
            home.publish("new")
    assert require_current(home.published).name == old.name
    assert read_status(home.published).state == "published"
    new = home.publish("new")
    assert require_current(home.published).name == new.name
    assert leftovers(home) == []


@pytest.mark.parametrize("name", ["note_published", "prune"])
def test_no_room_after_the_flip_says_that_the_generation_is_published(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    home.publish("old")
    with monkeypatch.context() as patched:
        patched.setattr(generation, name, full)
        with pytest.raises(PublishError, match="is published, but what stands beside it"):
            home.publish("new")
    assert home.publish("new").is_new is False
    assert read_status(home.published).state == "published"


def test_a_folder_that_cannot_be_written_is_a_clear_error(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(generation, "seal_tree", denied)
    with pytest.raises(PublishError, match=r"Permission denied.*writable"):
        home.publish()
    assert current(home.published) is None


@pytest.mark.parametrize("inputs", [("same", "same"), ("one", "two")])
def test_two_publications_at_once_take_turns(home: Home, inputs: tuple[str, str]) -> None:
    processes = [start(home, one) for one in inputs]
    said = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    new = [line.split()[1] for line, _ in said]
    assert sorted(new) == (["False", "True"] if inputs[0] == inputs[1] else ["True", "True"])
    assert len(generations(home.published)) == len(set(inputs))
    assert all(problems_of(one.path) == [] for one in generations(home.published))
    assert leftovers(home) == []


def test_a_publication_that_waits_too_long_for_another_is_a_clear_error(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr(generation, "_LOCK_SECONDS", 0.1)
    home.published.mkdir()
    with (
        FileLock(home.published / ".lock"),
        pytest.raises(PublishError, match="another process is publishing"),
    ):
        home.publish()
