"""dbt's own tests as findings: what ``run_results.json`` and ``manifest.json`` say, counts only.

Belongs here: reading the two files. Does not belong here: running dbt, and dbt's unit tests (they test
code, not data).
"""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from expectations.check import Severity
from orchestration.quality.findings import CheckResult, Status

DEFAULT_OWNER: Final = "data_engineering"
MART_PREFIXES: Final = ("dim_", "fct_", "rpt_", "dq_")
_TEST_STATUS: Final[Mapping[str, Status]] = {
    "pass": "passed",
    "fail": "failed",
    "warn": "failed",
    "error": "error",
    "runtime error": "error",
    "skipped": "not_applicable",
}
_BUILT: Final = frozenset({"success", "skipped", "no-op"})
_MEANING_OF_GENERIC: Final[Mapping[str, str]] = {
    "not_null": "A column of {table} that has to be filled is blank in some rows: {column}.",
    "unique": "A column of {table} that names one row has the same value in several: {column}.",
    "accepted_values": "A column of {table} holds a value outside its closed list: {column}.",
    "relationships": "A column of {table} names a row that the table it points to does not have: {column}.",
}


def read_dbt_results(run_results: Path, manifest: Path, passed: Collection[str] = ()) -> list[CheckResult]:
    """Return one result a data test, and one for each model or seed that could not be built.

    Args:
        run_results: dbt's ``run_results.json`` of the night.
        manifest: dbt's ``manifest.json`` of the same project.
        passed: ids of nodes that were left as they are; the tests among them have passed.

    Returns:
        Results sorted by ``check_id``. A test that was skipped, because what it tests was not built, is not
        applicable: the failure before it has a result of its own.
    """
    ran = json.loads(run_results.read_text(encoding="utf-8"))["results"]
    project = json.loads(manifest.read_text(encoding="utf-8"))
    ran += [
        {"unique_id": unique_id, "status": "pass"} for unique_id in passed if unique_id.startswith("test.")
    ]
    results = [result for item in ran for result in _results(item, project)]
    return sorted(results, key=lambda result: result.check_id)


def _results(item: Mapping[str, Any], project: Mapping[str, Any]) -> Iterator[CheckResult]:
    unique_id, status = str(item["unique_id"]), str(item["status"])
    node = project["nodes"].get(unique_id)
    kind = unique_id.split(".", 1)[0]
    if kind == "test" and node is not None:
        yield _of_test(node, status, item.get("failures"), project)
    elif kind not in {"test", "unit_test"} and status not in _BUILT:
        yield _of_unbuilt(unique_id.rsplit(".", 1)[-1], unique_id, project)


def _of_test(
    node: Mapping[str, Any], status: str, failures: int | None, project: Mapping[str, Any]
) -> CheckResult:
    tested = _tested(node)
    table = tested.rsplit(".", 1)[-1]
    meta = _meta(node)
    owner = meta.get("owner") or _meta(project["nodes"].get(tested, {})).get("owner") or DEFAULT_OWNER
    outcome = _TEST_STATUS.get(status, "error")
    return CheckResult(
        check_id=f"dbt.{table}.{node['name']}",
        layer="dbt",
        table_name=table,
        severity="warning" if status == "warn" else _severity(node),
        status=outcome,
        failed_rows=None if outcome == "error" else int(failures or 0),
        affected_marts=";".join(_listed(meta.get("affected_marts")) or _marts_after(tested, project)),
        owner=str(owner),
        what_it_means=str(meta.get("what_it_means") or _meaning(node, table)),
        what_to_do=str(meta.get("what_to_do") or _first_step(node)),
    )


def _of_unbuilt(name: str, unique_id: str, project: Mapping[str, Any]) -> CheckResult:
    node = project["nodes"].get(unique_id, {})
    return CheckResult(
        check_id=f"dbt.{name}.is_built",
        layer="dbt",
        table_name=name,
        severity="critical",
        status="error",
        affected_marts=";".join(_marts_after(unique_id, project)),
        owner=str(_meta(node).get("owner") or DEFAULT_OWNER),
        what_it_means=f"The table {name} could not be built, and nothing that rests on it is of this night.",
        what_to_do=f"Build {name} alone and read the engine's message.",
    )


def _meta(node: Mapping[str, Any]) -> dict[str, Any]:
    return {**node.get("meta", {}), **node.get("config", {}).get("meta", {})}


def _tested(node: Mapping[str, Any]) -> str:
    """The node that a test is about: the one it is attached to, else the first that it reads."""
    reads = sorted(node.get("depends_on", {}).get("nodes", []))
    return str(node.get("attached_node") or (reads[0] if reads else node["unique_id"]))


def _severity(node: Mapping[str, Any]) -> Severity:
    is_error = str(node.get("config", {}).get("severity", "error")).lower() == "error"
    return "critical" if is_error else "warning"


def _meaning(node: Mapping[str, Any], table: str) -> str:
    if node.get("description"):
        return " ".join(str(node["description"]).split())
    generic = (node.get("test_metadata") or {}).get("name", "")
    if generic in _MEANING_OF_GENERIC:
        return _MEANING_OF_GENERIC[generic].format(table=table, column=node.get("column_name") or "its key")
    sentence = str(generic or node["name"]).removeprefix("assert_").replace("_", " ")
    return f"What has to hold does not: {sentence} ({table})."


def _first_step(node: Mapping[str, Any]) -> str:
    return f"Look at its rows: docs/operations.md, Run a test by hand, with --select {node['name']}."


def _listed(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part for part in value.split(";") if part]
    return [str(part) for part in value or []]


def _marts_after(unique_id: str, project: Mapping[str, Any]) -> list[str]:
    """The marts that are made from a node, itself included."""
    children: Mapping[str, list[str]] = project.get("child_map", {})
    found, waiting = set[str](), [unique_id]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        waiting.extend(children.get(current, []))
    names = {name.rsplit(".", 1)[-1] for name in found if name.startswith("model.")}
    return sorted(name for name in names if name.startswith(MART_PREFIXES))
