"""The contract of the feeds: complete, in agreement with itself, and the lake typed by it."""

from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from orchestration.feeds.contract import LAKE_TAIL, load_contract
from orchestration.feeds.lake import write_empty_lake
from orchestration.feeds.tables import QUARANTINE_COLUMNS, REFERENCE_COLUMNS

FEEDS = load_contract().feeds
TABLES = """
    team practitioner staffing patient panel coverage condition encounter appointment slot assessment referral
    procedure observation medication_order consent episode care_activity case_review claim_line survey
    service_cost finance_target
"""


def test_every_feed_is_there_with_a_key_of_its_own_columns() -> None:
    assert list(FEEDS) == TABLES.split()
    for feed in FEEDS.values():
        names = [column.name for column in feed.columns]
        assert len(set(names)) == len(names)
        assert feed.key and set(feed.key) <= set(names)


def test_a_reference_names_a_feed_that_has_a_single_key() -> None:
    for feed in FEEDS.values():
        for column in feed.columns:
            assert column.ref is None or len(FEEDS[column.ref].key) == 1


def test_the_raw_table_has_the_contract_then_what_every_feed_has() -> None:
    columns = FEEDS["consent"].lake_columns()
    assert columns[:6] == [
        ("consent_id", "VARCHAR"),
        ("patient_id", "VARCHAR"),
        ("program", "VARCHAR"),
        ("method", "VARCHAR"),
        ("granted_at", "TIMESTAMP"),
        ("granted_at_is_local", "BOOLEAN"),
    ]
    assert columns[-len(LAKE_TAIL) - 2 :] == [
        ("updated_at", "TIMESTAMP"),
        ("updated_at_is_local", "BOOLEAN"),
        *LAKE_TAIL,
    ]


def test_an_unknown_column_is_an_error() -> None:
    with pytest.raises(KeyError):
        FEEDS["team"].column("colour")


@pytest.mark.parametrize(
    "text",
    [
        "team: {key: [team_id], columns: {team_name: {type: string}}}",
        "team: {key: [team_id], columns: {team_id: {type: text}}}",
        "team: {key: [team_id], columns: {team_id: {type: string, ref: site}}}",
        "team: {key: [team_id], void: {status: gone}, columns: {team_id: {type: string}}}",
        "team: {key: [team_id], colour: red, columns: {team_id: {type: string}}}",
    ],
)
def test_a_contract_that_contradicts_itself_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "contract.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValidationError):
        load_contract(path)


def test_an_empty_lake_has_every_table_without_rows(tmp_path: Path) -> None:
    lake = write_empty_lake(tmp_path / "lake", tmp_path / "quarantine", load_contract())
    wanted = {
        lake.root / "raw" / feed.name / "_schema.parquet": feed.lake_columns() for feed in FEEDS.values()
    }
    wanted[lake.quarantine / "_schema.parquet"] = list(QUARANTINE_COLUMNS)
    wanted |= {lake.reference(name): list(columns) for name, columns in REFERENCE_COLUMNS.items()}
    for path, columns in wanted.items():
        table = duckdb.read_parquet(str(path))
        assert [(name, str(kind)) for name, kind in zip(table.columns, table.types, strict=True)] == columns
        assert table.fetchall() == []


def test_an_empty_lake_is_left_alone_where_it_stands(tmp_path: Path) -> None:
    lake = write_empty_lake(tmp_path / "lake", tmp_path / "quarantine", load_contract())
    before = {path: path.stat().st_ino for path in lake.root.rglob("*.parquet")}
    write_empty_lake(tmp_path / "lake", tmp_path / "quarantine", load_contract())
    assert {path: path.stat().st_ino for path in lake.root.rglob("*.parquet")} == before


def test_nobody_else_can_open_the_lake(tmp_path: Path) -> None:
    write_empty_lake(tmp_path / "lake", tmp_path / "quarantine", load_contract())
    for path in tmp_path.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
