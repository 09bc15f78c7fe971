"""Whatever a file holds: rows in are rows accepted and quarantined, and both ways of reading say the same."""

import csv
import io
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration.feeds.contract import load_contract
from orchestration.feeds.csv import stage_csv
from orchestration.feeds.door import Staged
from orchestration.feeds.opened import read_through
from orchestration.feeds.values import MACROS
from tests.support.feeds_night import read_file

pytestmark = pytest.mark.slow
TEAM = load_contract().feeds["team"]
HEADER = "team_id,team_name,site_id\n"
ENGINE = duckdb.connect(config={"threads": 1})
ENGINE.execute(MACROS)

CELLS = st.text(max_size=8).map(lambda text: text.replace("\0", ""))
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12)
PIECES = st.lists(
    st.sampled_from(
        ["a", "b", ",", ",", ",", '"', '"', "\n", "\n", " ", "\t", "\r\n", '""', "é", ",,", '","']
    ),
    max_size=40,
)


def fields_of(staged: Staged) -> tuple[list[tuple[object, ...]], list[int]]:
    """Row numbers and fields of a staged file, and the numbers of its malformed rows."""
    wanted = ", ".join(staged.columns[name] for name in ("team_id", "team_name", "site_id"))
    rows = ENGINE.execute(
        f"SELECT row_number_in_file, {wanted} FROM ({staged.relation}) AS r ORDER BY 1"
    ).fetchall()
    malformed = staged.malformed.read_text().split() if staged.malformed else []
    return rows, [int(number) for number in malformed]


def stage(path: Path, work: Path, *, is_careful: bool) -> Staged:
    work.mkdir()
    return stage_csv(ENGINE, path, read_through(path)[1], TEAM, work, is_careful=is_careful)


@settings(deadline=None, max_examples=60)
@given(ROWS)
def test_rows_that_a_writer_wrote_come_back_as_they_were(rows: list[tuple[str, str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes((HEADER + text.getvalue()).encode())
        for is_careful in (False, True):
            found, malformed = fields_of(stage(path, Path(folder) / str(is_careful), is_careful=is_careful))
            assert malformed == []
            expected = [(number, *(cell or None for cell in row)) for number, row in enumerate(rows, start=1)]
            assert found == expected


@settings(deadline=None, max_examples=150)
@given(PIECES)
@example([",,", '""', " ", '""'])
@example([",,", '"a"', " \t", '"b"'])
def test_where_the_engine_has_no_objection_careful_reading_has_none(pieces: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes((HEADER + "".join(pieces)).encode())
        careful, malformed = fields_of(stage(path, Path(folder) / "careful", is_careful=True))
        try:
            fast, refused = fields_of(stage(path, Path(folder) / "fast", is_careful=False))
        except duckdb.InvalidInputException:
            return
        assert (careful, malformed) == (fast, refused)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200) | PIECES.map(lambda pieces: "".join(pieces).encode()))
def test_no_row_is_lost_whatever_the_bytes(body: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        outcome = read_file(Path(folder), "team", HEADER.encode() + body)
        read, accepted, quarantined = outcome.counts
        assert read == accepted + quarantined
        assert len(outcome.rows) == accepted
        if outcome.content.reason:
            assert outcome.refused == [(0, outcome.content.reason)]
        else:
            assert len(outcome.refused) == quarantined
            numbers = sorted([*outcome.numbers, *(number for number, _ in outcome.refused)])
            assert numbers == list(range(1, read + 1))
