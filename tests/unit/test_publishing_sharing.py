"""What may be shared: hashed ids and hidden cells."""

from itertools import product
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.publishing.contract import SharedMart, load_marts
from orchestration.publishing.errors import PublishError
from orchestration.publishing.export import describe, export_shared
from orchestration.publishing.sharing import (
    SMALLEST_SHOWN,
    hashed_id,
    hashed_id_sql,
    hidden_cells,
    is_hidden_share,
    is_small,
)
from tests.support.publishing_warehouse import ROWS, make_mart


def test_a_hash_is_the_same_in_python_and_in_sql() -> None:
    hashed = hashed_id_sql("id", "patient_id", "ke'y")
    rows = duckdb.execute(f"select {hashed} from (values ('p1'), ('Å'), (null)) as t (id)").fetchall()
    assert rows == [(hashed_id("ke'y", "patient_id", one),) for one in ("p1", "Å")] + [(None,)]


def test_a_hash_depends_on_key_kind_and_value() -> None:
    hashes = {hashed_id(*parts) for parts in product(("k1", "k2"), ("patient", "staff"), ("1", "2"))}
    assert len(hashes) == 8
    assert {len(one) for one in hashes} == {64}


def test_a_shared_mart_has_hashes_for_ids_and_no_other_column(tmp_path: Path) -> None:
    shared = SharedMart(columns=["episode_id", "program"], hashed_ids=["episode_id"])
    with duckdb.connect() as engine:
        make_mart(engine, "fct_episode", ROWS["fct_episode"])
        source, mart = describe(engine, "fct_episode", "fct_episode"), load_marts().marts["fct_episode"]
        export_shared(engine, source, mart, shared, tmp_path / "m.parquet", "p", "key")
        rows = engine.execute(f"from '{tmp_path / 'm.parquet'}'").fetchall()
        assert rows == [(hashed_id("key", "episode_id", "e1"), "cocm", "p")]
        with pytest.raises(PublishError, match="cannot be hashed"):
            export_shared(engine, source, mart, shared, tmp_path / "n.parquet", "p", None)


@pytest.mark.parametrize(("count", "small"), [(0, True), (1, True), (10, True), (11, False), (12, False)])
def test_counts_under_eleven_are_small(count: int, small: bool) -> None:
    assert is_small(count) is small


@pytest.mark.parametrize(
    ("numerator", "denominator", "hidden"),
    [
        (11, 22, False),
        (10, 30, True),
        (20, 30, True),
        (19, 30, False),
        (5, 10, True),
        (30, 30, True),
        (0, 40, True),
    ],
)
def test_a_share_is_hidden_where_either_side_is_small(numerator: int, denominator: int, hidden: bool) -> None:
    assert is_hidden_share(numerator, denominator) is hidden


def test_a_table_without_small_cells_is_shown_whole() -> None:
    assert hidden_cells({"all": 40, "a": 20, "b": 20}, {"all": ["a", "b"]}) == set()


def test_a_single_small_cell_takes_the_smallest_other_with_it() -> None:
    assert hidden_cells({"all": 75, "a": 5, "b": 40, "c": 30}, {"all": ["a", "b", "c"]}) == {"a", "c"}


def test_two_small_cells_that_are_few_together_take_a_third_with_them() -> None:
    assert hidden_cells({"all": 47, "a": 3, "b": 4, "c": 40}, {"all": ["a", "b", "c"]}) == {"a", "b", "c"}


def test_two_small_cells_that_are_many_together_are_enough() -> None:
    assert hidden_cells({"all": 56, "a": 8, "b": 8, "c": 40}, {"all": ["a", "b", "c"]}) == {"a", "b"}


def test_a_small_cell_that_is_the_only_part_hides_its_total() -> None:
    assert hidden_cells({"all": 5, "a": 5}, {"all": ["a"]}) == {"all", "a"}


def test_small_cells_without_sums_hide_nothing_else() -> None:
    assert hidden_cells({"a": 5, "b": 40}, {}) == {"a"}


def test_rows_and_columns_of_a_table_do_not_give_a_cell_away() -> None:
    counts = {
        "r1c1": 3,
        "r1c2": 20,
        "r2c1": 30,
        "r2c2": 40,
        "r1": 23,
        "r2": 70,
        "c1": 33,
        "c2": 60,
        "all": 93,
    }
    sums = {"r1": ["r1c1", "r1c2"], "r2": ["r2c1", "r2c2"], "c1": ["r1c1", "r2c1"], "c2": ["r1c2", "r2c2"]}
    hidden = hidden_cells(counts, sums | {"all": ["r1", "r2"]})
    assert hidden == {"r1c1", "r1c2", "r2c1", "r2c2"}


def test_a_table_in_which_nothing_is_left_to_show_ends() -> None:
    assert hidden_cells({"a": 5, "b": 5, "c": 0}, {"a": ["b", "c"], "b": ["a"]}) == {"a", "b", "c"}


@pytest.mark.parametrize("sums", [{"all": ["a", "x"]}, {"all": ["a"]}, {"x": ["a"]}])
def test_sums_that_do_not_hold_are_refused(sums: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError, match="sum"):
        hidden_cells({"all": 40, "a": 20, "b": 20}, sums)


Cell = tuple[int | str, int | str]
Table = tuple[dict[Cell, int], dict[Cell, list[Cell]]]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    cells: dict[Cell, int] = {
        (row, column): draw(st.integers(0, 20)) for row in range(rows) for column in range(columns)
    }
    counts = dict(cells)
    sums: dict[Cell, list[Cell]] = {}
    for row in range(rows):
        sums[(row, "all")] = [(row, column) for column in range(columns)]
    for column in range(columns):
        sums[("all", column)] = [(row, column) for row in range(rows)]
    counts |= {total: sum(cells[part] for part in parts) for total, parts in sums.items()}
    sums[("all", "all")] = [(row, "all") for row in range(rows)]
    counts[("all", "all")] = sum(cells.values())
    return counts, sums


@settings(max_examples=60, deadline=None)
@given(tables())
def test_no_small_cell_can_be_worked_out_from_what_is_shown(table: Table) -> None:
    counts, sums = table
    hidden = hidden_cells(counts, sums)
    assert {cell for cell, count in counts.items() if count < SMALLEST_SHOWN} <= hidden
    known = set(counts) - hidden
    changed = True
    while changed:
        changed = False
        for total, parts in sums.items():
            unknown = [cell for cell in [total, *parts] if cell not in known]
            if len(unknown) == 1:
                known.add(unknown[0])
                changed = True
    assert all(counts[cell] >= SMALLEST_SHOWN for cell in known)


@settings(max_examples=60, deadline=None)
@given(tables())
def test_the_hidden_parts_of_a_shown_total_are_never_few_together(table: Table) -> None:
    counts, sums = table
    hidden = hidden_cells(counts, sums)
    for total, parts in sums.items():
        left = [counts[part] for part in parts if part in hidden]
        if total not in hidden and left:
            assert sum(left) >= SMALLEST_SHOWN
