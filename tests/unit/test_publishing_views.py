"""``bi.duckdb``: in a generation for who wants one whole, above them for who stays connected."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.publishing.generation import rollback
from orchestration.publishing.history import require_current
from orchestration.publishing.views import views_are_pinned
from tests.support.publishing_warehouse import Home, make_home

COUNT_IDS = "select publish_id, count(*) from fct_minute_segment group by 1"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "ho'me")


@pytest.mark.slow
def test_a_reader_of_current_keeps_one_whole_generation_after_a_flip(home: Home) -> None:
    first = home.publish("one")
    with duckdb.connect(str(home.published / "current" / "bi.duckdb"), read_only=True) as reader:
        second = home.publish("two")
        assert reader.execute(COUNT_IDS).fetchall() == [(first.publish_id, 3)]
    with duckdb.connect(str(home.published / "current" / "bi.duckdb"), read_only=True) as reader:
        assert reader.execute(COUNT_IDS).fetchall() == [(second.publish_id, 3)]


@pytest.mark.slow
def test_a_reader_who_stays_connected_sees_the_next_generation_at_once(home: Home) -> None:
    first = home.publish("one")
    with duckdb.connect(str(home.published / "bi.duckdb"), read_only=True) as reader:
        assert reader.execute(COUNT_IDS).fetchall() == [(first.publish_id, 3)]
        second = home.publish("two")
        assert reader.execute(COUNT_IDS).fetchall() == [(second.publish_id, 3)]
        rollback(home.published)
        assert reader.execute(COUNT_IDS).fetchall() == [(first.publish_id, 3)]


@pytest.mark.slow
def test_a_reader_who_stays_connected_sees_new_columns(home: Home) -> None:
    home.publish("one")
    with duckdb.connect(str(home.published / "bi.duckdb"), read_only=True) as reader:
        reader.execute("select * from dim_patient").fetchall()
        with duckdb.connect(str(home.database)) as engine:
            engine.execute("alter table dim_patient add favorite_color varchar default 'blue'")
        home.publish("two")
        assert reader.execute("select distinct favorite_color from dim_patient").fetchall() == [("blue",)]


@pytest.mark.slow
def test_readers_may_work_from_any_folder_and_while_a_night_publishes(home: Home, tmp_path: Path) -> None:
    generation = home.publish()
    script = (
        "import duckdb, sys; reader = duckdb.connect(sys.argv[1], read_only=True); "
        f'print(reader.execute("{COUNT_IDS}").fetchall()); sys.stdout.flush(); sys.stdin.read()'
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(home.published / "current" / "bi.duckdb")],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert generation.publish_id in process.stdout.readline()
        assert home.publish("two").is_new
        assert not home.publish("one").is_new
        process.communicate("")
    assert process.returncode == 0


def test_marts_shared_marts_and_rules_each_have_their_schema(home: Home) -> None:
    home.publish()
    with duckdb.connect(str(home.published / "bi.duckdb"), read_only=True) as reader:
        assert reader.execute("select count(*) from shared.dim_team").fetchone() == (2,)
        assert reader.execute("select count(*) from rules.disposition").fetchone() == (15,)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["publish", "rollback"])
def test_after_the_home_has_moved_the_next_run_makes_the_views_anew(
    home: Home, tmp_path: Path, how: str
) -> None:
    home.publish("one")
    home.publish("two")
    moved = Home(tmp_path / "moved")
    shutil.move(home.root, moved.root)
    if how == "publish":
        moved.publish("two")
    else:
        rollback(moved.published)
    for file in (moved.published / "bi.duckdb", moved.published / "current" / "bi.duckdb"):
        with duckdb.connect(str(file), read_only=True) as reader:
            assert reader.execute("select count(*) from fct_minute_segment").fetchone() == (3,)


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"no database"])
def test_a_broken_view_file_is_made_anew(home: Home, content: bytes) -> None:
    generation = home.publish()
    for file in (home.published / "bi.duckdb", generation.path / "bi.duckdb"):
        file.write_bytes(content)
        home.publish()
        folder = generation.path if file.parent == generation.path else home.published / "current"
        assert views_are_pinned(file, folder)
    assert require_current(home.published).name == generation.name
