"""Work by a second connection while a block goes on."""

from pathlib import Path
from threading import Event

import duckdb
import pytest

from orchestration.publishing.engine import meanwhile, open_engine

ENDLESS = "select count(*) from range(1000000000000) as a, range(1000000) as b"
"""A query that ends when it is interrupted."""


def test_work_and_block_go_on_together_and_both_are_done_at_the_end(tmp_path: Path) -> None:
    is_working, is_in_block = Event(), Event()

    def write(by: duckdb.DuckDBPyConnection) -> None:
        is_working.set()
        assert is_in_block.wait(60)
        by.execute("create table beside as select 2 as number")

    with open_engine() as engine:
        engine.execute("create table before as select 1 as number")
        with meanwhile(engine, write):
            assert is_working.wait(60)
            is_in_block.set()
        assert engine.execute("from before union all from beside order by all").fetchall() == [(1,), (2,)]


def test_what_fails_meanwhile_fails_the_block() -> None:
    done = []
    failing = pytest.raises(duckdb.CatalogException)
    with open_engine() as engine, failing, meanwhile(engine, lambda by: by.execute("from nowhere")):
        done.append("block")
    assert done == ["block"]


def test_a_block_that_fails_interrupts_the_work_and_says_its_own_reason() -> None:
    has_begun = Event()

    def work(by: duckdb.DuckDBPyConnection) -> None:
        has_begun.set()
        by.execute(ENDLESS)

    with open_engine() as engine, pytest.raises(OSError, match="full"), meanwhile(engine, work):
        assert has_begun.wait(60)
        raise OSError("full")


def test_work_shows_no_progress_bar_either() -> None:
    shown = []
    with open_engine() as engine:
        setting = "select current_setting('enable_progress_bar')"
        with meanwhile(engine, lambda by: shown.extend(by.execute(setting).fetchall())):
            pass
    assert shown == [(False,)]
