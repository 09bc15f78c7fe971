"""What stands from an earlier night, and what does not."""

from pathlib import Path

import pytest

from orchestration.standing import KEPT, Standing

ROWS = [{"check_id": "a", "failed_rows": 1}]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "warehouse.duckdb"
    file.write_bytes(b"tables")
    return file


@pytest.fixture
def standing(tmp_path: Path, database: Path) -> Standing:
    made = Standing(tmp_path)
    made.keep("marts gate", "p1", database, findings=ROWS)
    return made


def test_a_result_stands_over_the_same_inputs_and_database(standing: Standing, database: Path) -> None:
    assert standing.recall("marts gate", "p1", database) == {"findings": ROWS}


def test_a_result_over_other_inputs_does_not_stand(standing: Standing, database: Path) -> None:
    assert standing.recall("marts gate", "p2", database) is None


def test_a_result_of_another_stage_does_not_stand(standing: Standing, database: Path) -> None:
    assert standing.recall("raw gate", "p1", database) is None


def test_nothing_stands_over_a_database_that_was_touched(standing: Standing, database: Path) -> None:
    database.write_bytes(b"other tables")
    assert standing.recall("marts gate", "p1", database) is None


def test_nothing_stands_over_a_database_that_is_gone(standing: Standing, database: Path) -> None:
    database.unlink()
    assert standing.recall("marts gate", "p1", database) is None


@pytest.mark.parametrize("torn", ["", "{", "[]", '{"publish_id": "p1"}'])
def test_a_torn_result_does_not_stand(standing: Standing, database: Path, torn: str) -> None:
    (standing.folder / KEPT / "marts_gate.json").write_text(torn, encoding="utf-8")
    assert standing.recall("marts gate", "p1", database) is None


def test_what_is_forgotten_does_not_stand(standing: Standing, database: Path) -> None:
    standing.forget()
    standing.forget()
    assert standing.recall("marts gate", "p1", database) is None


def test_the_last_result_is_known_over_whatever_inputs_but_the_same_database(
    standing: Standing, database: Path
) -> None:
    assert standing.last("marts gate", database) == {"findings": ROWS}
    assert standing.last("raw gate", database) is None
    database.write_bytes(b"other tables")
    assert standing.last("marts gate", database) is None
