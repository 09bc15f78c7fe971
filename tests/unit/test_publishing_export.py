"""How a mart's rows are ordered in its file."""

from pathlib import Path

import duckdb
import pytest

from orchestration.publishing import export
from orchestration.publishing.contract import Mart
from orchestration.publishing.engine import literal, open_engine
from orchestration.publishing.export import describe, export_mart

ROWS = 300_000
COLUMNS = {"metric_id": "string", "entity_id": "string", "patient_id": "string", "value": "double"}


def _written(folder: Path, rows: int, *, is_sorted_by_part: bool) -> Path:
    """Rows of three metrics in no order, more than one row group of each, as a published file."""
    mart = Mart.model_validate(
        {
            "grain": "metric, entity, patient",
            "key": ["metric_id", "entity_id", "patient_id"],
            "is_sorted_by_part": is_sorted_by_part,
            "columns": COLUMNS,
        }
    )
    target = folder / f"{is_sorted_by_part}.parquet"
    with open_engine(threads=2) as engine:
        engine.execute(
            "create table metric as select case number % 3 when 0 then 'b''s' when 1 then 'a' else 'c' end "
            "as metric_id, case when number % 7 > 0 then 'e' || number % 11 end as entity_id, "
            "sha256(cast(number as varchar)) as patient_id, cast(number as double) as value "
            f"from range({rows}) as row(number)"
        )
        export_mart(engine, describe(engine, "metric", "metric"), mart, target, "0" * 16)
    return target


@pytest.mark.parametrize(
    ("count", "rows_of_a_part"),
    [(3_000, 1), (3_000, 2_500), (3_000, 3_000), pytest.param(ROWS, 200_000, marks=pytest.mark.slow)],
)
def test_a_mart_that_is_sorted_by_part_is_sorted_as_a_whole(
    tmp_path: Path, count: int, rows_of_a_part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_ROWS_OF_A_PART", rows_of_a_part)
    by_part, at_once = (_written(tmp_path, count, is_sorted_by_part=choice) for choice in (True, False))
    with duckdb.connect() as engine:
        numbered = "select row_number() over () as number, * from read_parquet({})"
        left, right = (numbered.format(literal(path)) for path in (by_part, at_once))
        assert engine.execute(f"select count(*) from ({left} except {right})").fetchone() == (0,)
        assert engine.execute(f"select count(*) from ({left})").fetchone() == (count,)


@pytest.mark.parametrize("is_sorted_by_part", [True, False])
def test_a_mart_without_rows_is_a_file_with_its_columns(tmp_path: Path, is_sorted_by_part: bool) -> None:
    path = _written(tmp_path, 0, is_sorted_by_part=is_sorted_by_part)
    with duckdb.connect() as engine:
        columns = engine.read_parquet(str(path)).columns
    assert columns == [*COLUMNS, "publish_id"]
