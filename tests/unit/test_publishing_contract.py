"""The marts' contract that publishing holds the warehouse to."""

import pytest

from orchestration.publishing.contract import SQL_TYPES, Mart, MartsContract, SharedMart, load_marts
from orchestration.publishing.files import relative_files
from tests.support.publishing_warehouse import SEEDS


def test_every_mart_is_sorted_by_columns_that_name_a_row() -> None:
    for name, mart in load_marts().marts.items():
        assert mart.key, name
        assert set(mart.key) <= set(mart.columns), name
        assert set(mart.key) <= set(mart.sort_columns) | set(mart.key)


def test_every_order_holds_the_whole_key_so_that_it_is_one_order() -> None:
    for name, mart in load_marts().marts.items():
        assert set(mart.key) <= set(mart.sort_columns), name


def test_every_type_of_the_contract_is_a_type_of_the_engine() -> None:
    assert {kind for mart in load_marts().marts.values() for kind in mart.columns.values()} <= set(SQL_TYPES)


def test_names_tell_types() -> None:
    for name, mart in load_marts().marts.items():
        for column, kind in mart.columns.items():
            if column.startswith(("is_", "has_", "in_")):
                assert kind == "boolean", f"{name}.{column}"
            if column.endswith(("_on", "_month", "_date")):
                assert kind in {"date", "integer"}, f"{name}.{column}"
            if column.endswith("_at"):
                assert kind == "timestamp", f"{name}.{column}"
            if column.endswith("_usd"):
                assert kind == "decimal", f"{name}.{column}"


def test_no_patient_column_is_shared() -> None:
    contract = load_marts()
    for name, shared in contract.shared.items():
        columns = set(shared.columns or contract.marts[name].columns) - set(shared.hashed_ids)
        forbidden = {"patient_id", "mrn", "family_name", "given_name", "birth_date", "entry_id", "episode_id"}
        assert not columns & forbidden, name


def test_every_rule_that_is_copied_is_a_seed() -> None:
    seeds = {name.removesuffix(".csv") for name in relative_files(SEEDS) if name.endswith(".csv")}
    assert set(load_marts().rules) <= seeds


@pytest.mark.parametrize("part", [{"key": ["nothing"]}, {"order_by": ["nothing"]}])
def test_an_unknown_key_or_order_is_refused(part: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    mart = {"grain": "row", "key": ["a"], "columns": {"a": "string"}} | part
    raw = {"marts": {"m": mart}, "shared": {}, "rules": []}
    monkeypatch.setattr("yaml.safe_load", lambda _: raw)
    with pytest.raises(ValueError, match="m has no column nothing"):
        load_marts.__wrapped__()


def test_a_share_of_an_unknown_mart_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = MartsContract(marts={}, shared={"nothing": SharedMart()}, rules=[]).model_dump()
    monkeypatch.setattr("yaml.safe_load", lambda _: raw)
    with pytest.raises(ValueError, match="shared names nothing"):
        load_marts.__wrapped__()


def test_rows_are_sorted_by_the_key_where_no_other_order_is_given() -> None:
    assert Mart(grain="row", key=["a"], columns={"a": "string"}).sort_columns == ["a"]
