"""Tables that ingestion writes from rows of its own, and texts that it gives to the engine."""

import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.feeds.lake import set_variable, table, write_rows

COLUMNS = (
    ("name", "VARCHAR"),
    ("day", "DATE"),
    ("moment", "TIMESTAMP"),
    ("number", "BIGINT"),
    ("place", "INTEGER"),
    ("is_so", "BOOLEAN"),
)
ROWS = [
    ('a "quoted" \\ name\n', date(1, 1, 1), datetime(2026, 1, 2, 3, 4, 5, 6), -(2**63), -1, True),
    ("Zoë's", date(9999, 12, 31), datetime(2100, 12, 31), 2**63 - 1, 2**31 - 1, False),
    ("", None, None, None, None, None),
    (None, None, None, 0, 0, None),
]


@pytest.fixture(name="connection", scope="module")
def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def test_rows_come_back_as_they_were(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Each type at its edges, nulls, and empty texts that are no nulls."""
    final = tmp_path / "reference" / "made.parquet"
    write_rows(connection, final, COLUMNS, ROWS, tmp_path / "work")
    assert connection.execute(f"FROM {table(final)}").fetchall() == ROWS
    found = connection.execute(f"DESCRIBE FROM {table(final)}").fetchall()
    assert [(row[0], row[1]) for row in found] == list(COLUMNS)
    assert list((tmp_path / "work").iterdir()) == []


def test_no_rows_are_a_table(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A table without rows has its columns."""
    final = tmp_path / "reference" / "made.parquet"
    write_rows(connection, final, COLUMNS, [], tmp_path / "work")
    found = connection.execute(f"DESCRIBE FROM {table(final)}").fetchall()
    assert [(row[0], row[1]) for row in found] == list(COLUMNS)


def test_the_same_rows_leave_the_file_alone(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Readers see another file only where it says something else."""
    final = tmp_path / "reference" / "made.parquet"
    write_rows(connection, final, COLUMNS, ROWS, tmp_path / "work")
    before = final.stat().st_ino
    write_rows(connection, final, COLUMNS, ROWS, tmp_path / "work")
    assert final.stat().st_ino == before
    write_rows(connection, final, COLUMNS, ROWS[:1], tmp_path / "work")
    assert connection.execute(f"FROM {table(final)}").fetchall() == ROWS[:1]


@pytest.mark.parametrize("text", ["it's", "", "a\0b", "Zoë", "$1 ? :name -- ;", '"'])
def test_any_text_can_be_a_variable(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    """A secret may hold signs that mean something to the engine."""
    set_variable(connection, "given", text)
    assert connection.execute("SELECT getvariable('given')").fetchone() == (text,)


@pytest.mark.slow
def test_ingestion_imports_no_tables_in_memory(tmp_path: Path) -> None:
    """Importing them takes longer than reading a small delivery."""
    landing = tmp_path / "landing" / "fhir" / "2026-06-16"
    landing.mkdir(parents=True)
    (landing / "a.ndjson").write_text('{"resourceType":"Patient","id":"p1"}\n', encoding="utf-8")
    program = (
        "import sys; from pathlib import Path; from orchestration.feeds.ingest import ingest; "
        "place = Path(sys.argv[1]); "
        "ingest(place / 'landing', place / 'lake', place / 'quarantine', as_of=None, "
        "default_time_zone='UTC', hash_key='a key of this test', threads=1); "
        "print(sorted({'pandas', 'pyarrow', 'numpy'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert ran.stdout.strip() == "[]"
