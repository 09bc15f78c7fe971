"""What of the graph lasts while only the lake changes, and how its results are told among a night's."""

from typing import Any

import pytest

from orchestration.lasting import Lasting, lasting_nodes, node_of
from orchestration.standing import Row

# rule -> policy -> months <- entries <- (the lake); one test of rules alone, one of rules and rows.
PARENTS = {
    "seed.w.rule": [],
    "model.w.policy": ["seed.w.rule"],
    "model.w.entries": ["source.w.feed.entry"],
    "model.w.months": ["model.w.policy", "model.w.entries"],
    "model.w.shown_months": ["model.w.months"],
    "test.w.rule_is_whole": ["seed.w.rule", "model.w.policy"],
    "test.w.months_have_a_rule": ["model.w.months", "seed.w.rule"],
    "test.w.shown_months_are_whole": ["model.w.shown_months"],
}
VIEWS = {"model.w.entries", "model.w.shown_months"}


def _materialized(name: str) -> str:
    kind = name.partition(".")[0]
    return {"model": "view" if name in VIEWS else "table"}.get(kind, kind)


MANIFEST: dict[str, Any] = {
    "nodes": {
        name: {
            "resource_type": name.partition(".")[0],
            "name": name.rpartition(".")[2],
            "config": {"materialized": _materialized(name)},
        }
        for name in PARENTS
    },
    "parent_map": {**PARENTS, "source.w.feed.entry": []},
}


def _event(name: str, status: str | None = None) -> Row:
    good = "pass" if name.startswith("test.") else "success"
    return {"data": {"node_info": {"unique_id": name, "node_status": status or good}}}


def _told(lasting: Lasting, fresh: list[str]) -> list[str]:
    return [node_of(event) for event in lasting.tell([_event(name) for name in fresh])]


def test_rules_and_what_is_made_of_them_alone_last_and_so_do_views() -> None:
    assert lasting_nodes(MANIFEST) == {
        "seed.w.rule",
        "model.w.policy",
        "model.w.entries",
        "model.w.shown_months",
        "test.w.rule_is_whole",
    }


def test_a_test_of_a_view_looks_at_rows_and_does_not_last() -> None:
    assert "test.w.shown_months_are_whole" not in lasting_nodes(MANIFEST)


def test_each_result_is_told_once_and_after_those_of_what_it_is_made_from() -> None:
    lasting = Lasting.of(MANIFEST, [_event(name) for name in PARENTS])
    fresh = ["model.w.months", "test.w.months_have_a_rule", "test.w.shown_months_are_whole"]
    told = _told(lasting, fresh)
    assert sorted(told) == sorted(PARENTS)
    for name in told:
        before = told[: told.index(name)]
        assert all(parent in before for parent in PARENTS[name] if not parent.startswith("source.")), name


def test_what_is_kept_is_told_also_where_nothing_is_built() -> None:
    lasting = Lasting.of(MANIFEST, [_event(name) for name in PARENTS])
    assert set(_told(lasting, [])) == lasting_nodes(MANIFEST)


@pytest.mark.parametrize("status", ["warn", "fail", "error", "skipped"])
def test_what_did_not_go_well_is_done_again(status: str) -> None:
    lasting = Lasting.of(MANIFEST, [_event("seed.w.rule"), _event("test.w.rule_is_whole", status)])
    assert lasting.names == {"seed.w.rule": "rule"}


def test_a_build_that_fails_tells_nothing_after_its_failure() -> None:
    def failing() -> Any:
        yield _event("model.w.months")
        raise ValueError("the build")

    told: list[str] = []
    lasting = Lasting.of(MANIFEST, [_event(name) for name in PARENTS])
    with pytest.raises(ValueError, match="the build"):
        told.extend(node_of(event) for event in lasting.tell(failing()))
    assert "model.w.shown_months" not in told
