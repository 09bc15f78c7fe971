"""Parquet deliveries: typed columns mean what the same text means, and a damaged file is refused."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from tests.support.feeds_night import Outcome, read_file

pytestmark = pytest.mark.slow


def table(root: Path, query: str) -> bytes:
    path = root / "made.parquet"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
    return path.read_bytes()


def written(root: Path, rows: arrow.Table, **how: bool) -> bytes:
    path = root / "made.parquet"
    parquet.write_table(rows, path, **how)
    return path.read_bytes()


def entries(root: Path, **cells: str) -> Outcome:
    columns = {
        "entry_id": "'E1'",
        "patient_id": "'P1'",
        "staff_id": "'S1'",
        "activity_code": "'care_plan'",
        "started_at": "TIMESTAMP '2025-01-10 10:00:00'",
        "status": "'final'",
    } | cells
    query = "SELECT " + ", ".join(f'{text} AS "{name}"' for name, text in columns.items())
    return read_file(root, "care_activity", table(root, query), "a.parquet")


@pytest.mark.parametrize(
    ("cell", "moment", "is_local"),
    [
        ("TIMESTAMP '2025-01-10 10:00:00.9'", datetime(2025, 1, 10, 10), True),
        ("TIMESTAMPTZ '2025-01-10 10:00:00+05:00'", datetime(2025, 1, 10, 5), False),
        ("TIMESTAMP_NS '2025-01-10 10:00:00.123456789'", datetime(2025, 1, 10, 10), True),
        ("DATE '2025-01-10'", datetime(2025, 1, 10), True),
        ("'2025-01-10T10:00:00Z'", datetime(2025, 1, 10, 10), False),
    ],
)
def test_a_moment_may_be_of_any_type_of_time(
    tmp_path: Path, cell: str, moment: datetime, is_local: bool
) -> None:
    row = entries(tmp_path, started_at=cell).rows[0]
    assert (row["started_at"], row["started_at_is_local"]) == (moment, is_local)


@pytest.mark.parametrize(
    "cell", ["35.5::DOUBLE", "35.5::DECIMAL(9, 2)", "'35.5'", "' 35.50 '", "'35.5'::BLOB"]
)
def test_a_number_may_be_of_any_type_of_number(tmp_path: Path, cell: str) -> None:
    assert entries(tmp_path, duration_minutes=cell).rows[0]["duration_minutes"] == Decimal("35.5")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("10023::BIGINT", "10023"),
        ("10023::DOUBLE", "10023"),
        ("10020::FLOAT", "10020"),
        ("10023::DECIMAL(38, 10)", "10023"),
        ("0::DOUBLE", "0"),
        ("10023.5::DOUBLE", "10023.5"),
        ("1.05::DECIMAL(9, 2)", "1.05"),
        ("1.50::DECIMAL(9, 2)", "1.50"),
        ("'10023.0'", "10023.0"),
    ],
)
def test_an_id_that_a_table_keeps_as_a_number_is_the_whole_number(
    tmp_path: Path, cell: str, text: str
) -> None:
    row = entries(tmp_path, patient_id=cell, encounter_id=cell).rows[0]
    assert (row["patient_id"], row["encounter_id"]) == (text, text)


@pytest.mark.parametrize(
    ("name", "cell", "reason"),
    [
        ("started_at", "10", "invalid_type:started_at"),
        ("started_at", "NULL::TIMESTAMP", "missing_required:started_at"),
        ("duration_minutes", "'NaN'::DOUBLE", "invalid_type:duration_minutes"),
        ("duration_minutes", "[1, 2]", "invalid_type:duration_minutes"),
        ("status", "1", "invalid_value:status"),
        ("status", "''", "missing_required:status"),
        ("patient_id", "NULL", "missing_required:patient_id"),
        ("is_deleted", "3", "invalid_type:is_deleted"),
    ],
)
def test_a_value_of_another_type_is_refused_as_its_text_would_be(
    tmp_path: Path, name: str, cell: str, reason: str
) -> None:
    assert entries(tmp_path, **{name: cell}).refused == [(1, reason)]


def test_a_tombstone_may_be_a_boolean(tmp_path: Path) -> None:
    assert entries(tmp_path, is_deleted="true", status="NULL").rows[0]["is_deleted"] is True


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        ("DATE '1980-02-29'", date(1980, 2, 29)),
        ("TIMESTAMP '1980-02-29 00:00:00'", date(1980, 2, 29)),
        ("'1980-02-29'", date(1980, 2, 29)),
        ("TIMESTAMPTZ '1980-02-29 00:00:00+00'", date(1980, 2, 29)),
        ("TIMESTAMPTZ '1980-02-29 05:00:00+00'", None),
        ("'1980-02-29T00:00:00Z'", date(1980, 2, 29)),
        ("'1980-02-29T00:00:00.000Z'", date(1980, 2, 29)),
        ("'1980-02-29 00:00:00 UTC'", date(1980, 2, 29)),
        ("'1980-02-29T00:00:00-05:00'", date(1980, 2, 29)),
        ("'1980-02-29 00:00:00.0000000 +00:00'", date(1980, 2, 29)),
        ("'1980-02-29T00:00+0000'", date(1980, 2, 29)),
        ("'1980-02-29T00:00:01Z'", None),
        ("'1980-02-29T00:00:00.001Z'", None),
        ("'1980-02-30T00:00:00Z'", None),
        ("TIMESTAMP '1980-02-29 00:00:01'", None),
    ],
)
def test_a_date_may_be_a_midnight(tmp_path: Path, cell: str, outcome: date | None) -> None:
    content = table(tmp_path, f"SELECT 'P1' AS Patient_ID, {cell} AS birth_date")
    found = read_file(tmp_path, "patient", content, "a.parquet")
    assert [row["birth_date"] for row in found.rows] == ([outcome] if outcome else [])


def test_rows_keep_their_numbers_and_columns_their_meaning(tmp_path: Path) -> None:
    query = """
        SELECT CASE WHEN n % 1000 = 0 THEN NULL ELSE 'T' || n END AS " TEAM_ID ", 'North' AS team_name,
            n AS x_floor, 1 AS zip
        FROM range(1, 9001) AS t(n)
    """
    found = read_file(tmp_path, "team", table(tmp_path, query), "a.parquet")
    assert found.counts == (9000, 8991, 9)
    assert found.refused[:2] == [(1000, "missing_required:team_id"), (2000, "missing_required:team_id")]
    assert all(row["team_id"] == f"T{number}" for row, number in zip(found.rows, found.numbers, strict=True))
    assert found.rows[0]["site_columns"] == '{"x_floor":"1"}'
    assert found.content.parts[0].unknown_columns == ("zip",)


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    whole = table(tmp_path, "SELECT 'T1' AS team_id, 'North' AS team_name")
    for number, content in enumerate(
        [b"", b"PAR1", b"team_id,team_name\n", whole[:-20], whole[:4] + b"\0" * 30 + whole[34:]]
    ):
        found = read_file(tmp_path, "team", content, f"{number}.parquet")
        expected = "unreadable_file" if content else "empty_file"
        assert (found.refused, found.counts) == ([(0, expected)], (0, 0, 0))


def test_a_name_that_no_statement_can_hold_refuses_the_file(tmp_path: Path) -> None:
    columns = {"team_id": ["T1"], "team_name": ["North"], "x_a\0b": ["c"]}
    path = tmp_path / "made.parquet"
    parquet.write_table(arrow.table(columns), path)
    found = read_file(tmp_path, "team", path.read_bytes(), "a.parquet")
    assert found.refused == [(0, "unreadable_file")]


def test_a_missing_column_refuses_the_file(tmp_path: Path) -> None:
    found = read_file(tmp_path, "team", table(tmp_path, "SELECT 'T1' AS team_id"), "a.parquet")
    assert found.refused == [(0, "missing_column:team_name")]


def test_a_table_without_rows_is_a_delivery(tmp_path: Path) -> None:
    content = table(tmp_path, "SELECT 'T1' AS team_id, 'North' AS team_name WHERE false")
    found = read_file(tmp_path, "team", content, "a.parquet")
    assert (found.counts, found.content.reason) == ((0, 0, 0), "")


@pytest.mark.parametrize("second", ["team_name", "Team_Name", " TEAM_NAME"])
def test_a_column_that_stands_twice_refuses_the_file(tmp_path: Path, second: str) -> None:
    columns = [arrow.array([text]) for text in ("T1", "North", "South")]
    content = written(tmp_path, arrow.Table.from_arrays(columns, names=["team_id", "team_name", second]))
    assert read_file(tmp_path, "team", content, "a.parquet").refused == [(0, "duplicate_column:team_name")]


def test_columns_that_nobody_knows_may_share_a_name_and_one_may_be_called_as_a_second(tmp_path: Path) -> None:
    columns = [arrow.array([text]) for text in ("T1", "North", "a", "b", "c")]
    names = ["team_id", "team_name", "zip", "zip", "team_name_1"]
    found = read_file(
        tmp_path, "team", written(tmp_path, arrow.Table.from_arrays(columns, names=names)), "a.parquet"
    )
    assert (found.rows[0]["team_name"], found.content.parts[0].unknown_columns) == (
        "North",
        ("team_name_1", "zip"),
    )


@pytest.mark.parametrize("name", ["row_number_in_file", "wh_row", "cell0", "file_row_number"])
def test_a_column_may_have_any_name_that_the_contract_does_not_know(tmp_path: Path, name: str) -> None:
    rows = arrow.table({name: [70, 90], "team_id": ["T1", None], "team_name": ["North", "South"]})
    found = read_file(tmp_path, "team", written(tmp_path, rows), "a.parquet")
    assert (found.numbers, found.refused) == ([1], [(2, "missing_required:team_id")])


def test_codes_of_a_visit_may_be_a_list(tmp_path: Path) -> None:
    visit = {
        "encounter_id": "'E1'",
        "patient_id": "'P1'",
        "encounter_class": "'ambulatory'",
        "service_line": "'other'",
        "status": "'finished'",
        "started_at": "'2026-03-10T14:00:00Z'",
        "billing_codes": "['99213', NULL, '90834']",
        "type_codes": "[]::VARCHAR[]",
    }
    query = "SELECT " + ", ".join(f"{text} AS {name}" for name, text in visit.items())
    row = read_file(tmp_path, "encounter", table(tmp_path, query), "a.parquet").rows[0]
    assert (row["billing_codes"], row["type_codes"]) == ("99213;90834", None)


@pytest.mark.parametrize("cell", ["{'value': 'P1'}", "['P1']", "MAP {'mrn': 'P1'}", "[{'value': 'P1'}]"])
def test_an_id_that_is_no_single_value_refuses_the_file(tmp_path: Path, cell: str) -> None:
    assert entries(tmp_path, patient_id=cell).refused == [(0, "unsupported_type:patient_id")]


@pytest.mark.parametrize(
    ("cell", "is_exact"),
    [
        ("16777215::FLOAT", True),
        ("16777217::FLOAT", False),
        ("123456789::FLOAT", False),
        ("9007199254740991::DOUBLE", True),
        ("9007199254740993::DOUBLE", False),
        ("123456789012345678901234567890::DECIMAL(38, 0)", True),
    ],
)
def test_an_id_that_its_type_cannot_hold_is_nobodys(tmp_path: Path, cell: str, is_exact: bool) -> None:
    refused = [] if is_exact else [(1, "rounded_number:patient_id")]
    assert entries(tmp_path, patient_id=cell).refused == refused


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("'P1'::BLOB", "P1"),
        ("'\\xFF\\x00\\x9C\\x11'::BLOB", "FF009C11"),
        ("'12345678-1234-5678-1234-567812345678'::UUID", "12345678-1234-5678-1234-567812345678"),
    ],
)
def test_an_id_of_bytes_is_their_digits_where_they_are_no_text(tmp_path: Path, cell: str, found: str) -> None:
    assert [row["patient_id"] for row in entries(tmp_path, patient_id=cell).rows] == [found]


@pytest.mark.parametrize(
    ("wrote", "is_local"),
    [({"org.apache.spark.version": "3.5.1"}, False), ({"pandas": "{}"}, True), ({}, True)],
)
def test_the_old_time_of_spark_is_an_instant_and_that_of_others_a_clock(
    tmp_path: Path, wrote: dict[str, str], is_local: bool
) -> None:
    rows = arrow.table(
        {
            "appointment_id": ["A1"],
            "status": ["booked"],
            "starts_at": arrow.array([datetime(2026, 3, 10, 14)], arrow.timestamp("ns")),
        }
    ).replace_schema_metadata(wrote)
    content = written(tmp_path, rows, use_deprecated_int96_timestamps=True)
    row = read_file(tmp_path, "appointment", content, "a.parquet").rows[0]
    assert (row["starts_at"], row["starts_at_is_local"]) == (datetime(2026, 3, 10, 14), is_local)


@pytest.mark.parametrize("name", ["a.csv", "part-00000", "a.pq"])
def test_a_table_is_read_whatever_its_name_says(tmp_path: Path, name: str) -> None:
    content = table(tmp_path, "SELECT 'T1' AS team_id, 'North' AS team_name")
    assert read_file(tmp_path, "team", content, name).rows[0]["team_name"] == "North"
