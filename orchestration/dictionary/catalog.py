"""What is said of each published mart, read from the models, the contract and the current generation.

Belongs here: gathering. Does not belong here: the page (``site``), and what has changed (``release``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestration.publishing.contract import PUBLISH_ID, MartsContract

PROJECT: Final = "model.warmhandoff."
_PUBLISH_ID_TEXT: Final = (
    "The publication that the row belongs to: equal ids mean equal inputs, rules, code and date."
)
_GATES_TEXT: Final = "Written by the gates: docs/for_quality_staff.md says what each column means."


@dataclass(frozen=True)
class ColumnEntry:
    """A column as its page shows it; ``tests`` are what each night checks of it."""

    name: str
    data_type: str
    meaning: str
    tests: tuple[str, ...]
    is_key: bool


@dataclass(frozen=True)
class MartEntry:
    """A mart as its page shows it.

    Attributes:
        name: of the file, the view and the table.
        grain: what one row stands for.
        meaning: the model's own description.
        owner: the team that answers for it.
        sharing: ``identified`` or ``shared``.
        columns: in the order of the file.
        tests: what is checked of whole rows.
        parents: the models that it is made from.
        feeds: the feeds that it goes back to.
        rules: the rule tables that decide about it.
        users: lists, pages and reports that read it.
        rows: of the current generation; null before the first.
    """

    name: str
    grain: str
    meaning: str
    owner: str
    sharing: str
    columns: tuple[ColumnEntry, ...]
    tests: tuple[str, ...]
    parents: tuple[str, ...]
    feeds: tuple[str, ...]
    rules: tuple[str, ...]
    users: tuple[str, ...]
    rows: int | None


def read_catalog(
    manifest: Mapping[str, Any], contract: MartsContract, rows: Mapping[str, int]
) -> list[MartEntry]:
    """Return an entry for each mart of the contract, in the contract's order.

    Args:
        manifest: dbt's manifest.
        contract: names, keys and types that readers rely on.
        rows: rows of each mart that is published.
    """
    return [_entry(name, manifest, contract, rows.get(name)) for name in contract.marts]


def _entry(name: str, manifest: Mapping[str, Any], contract: MartsContract, rows: int | None) -> MartEntry:
    mart = contract.marts[name]
    node = manifest["nodes"].get(f"{PROJECT}{name}", {})
    described = node.get("columns", {})
    tests = list(_tests(manifest, f"{PROJECT}{name}"))
    own = {column: str(spec["data_type"]) for column, spec in described.items() if column not in mart.columns}
    columns = tuple(
        ColumnEntry(
            column,
            kind,
            _PUBLISH_ID_TEXT if column == PUBLISH_ID else described.get(column, {}).get("description", ""),
            tuple(sorted(test for test, on in tests if on == column)),
            column in mart.key,
        )
        for column, kind in {**mart.columns, **own, PUBLISH_ID: "string"}.items()
    )
    ancestors = set(_ancestors(manifest, f"{PROJECT}{name}"))
    meta = node.get("config", {}).get("meta", {})
    return MartEntry(
        name=name,
        grain=mart.grain,
        meaning=node.get("description") or _GATES_TEXT,
        owner=str(meta.get("owner", "data_engineering")).replace("_", " "),
        sharing="shared" if name in contract.shared else "identified",
        columns=columns,
        tests=tuple(sorted(test for test, on in tests if not on)),
        parents=_names(node.get("depends_on", {}).get("nodes", [])),
        feeds=_names(one for one in ancestors if one.startswith("source.") and ".feed." in one),
        rules=_names(one for one in ancestors if one.startswith("seed.")),
        users=_users(manifest, f"{PROJECT}{name}"),
        rows=rows,
    )


def _tests(manifest: Mapping[str, Any], unique_id: str) -> Iterator[tuple[str, str]]:
    """Each test of a model in words, and the column that it is of; blank where it is of whole rows."""
    for node in manifest["nodes"].values():
        if node["resource_type"] != "test" or unique_id not in node["depends_on"]["nodes"]:
            continue
        metadata = node.get("test_metadata")
        if metadata is None:
            yield node["name"].replace("_", " "), ""
        elif node.get("attached_node") == unique_id:
            keys = metadata["kwargs"].get("columns") or []
            of = f" ({', '.join(keys)})" if keys else ""
            yield metadata["name"].replace("_", " ") + of, node.get("column_name") or ""


def _ancestors(manifest: Mapping[str, Any], unique_id: str) -> Iterator[str]:
    seen: set[str] = set()
    waiting = [unique_id]
    while waiting:
        for parent in manifest["parent_map"].get(waiting.pop(), []):
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
                yield parent


def _users(manifest: Mapping[str, Any], unique_id: str) -> tuple[str, ...]:
    exposures = manifest.get("exposures", {}).values()
    used = (one for one in exposures if unique_id in one["depends_on"]["nodes"])
    return tuple(sorted(one.get("label") or one["name"].replace("_", " ") for one in used))


def _names(unique_ids: Any) -> tuple[str, ...]:
    return tuple(sorted({str(one).rsplit(".", 1)[-1] for one in unique_ids}))
