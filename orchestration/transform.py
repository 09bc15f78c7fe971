"""dbt, in this process: the places it builds in, its manifest, one build as a stream of events.

A process of its own would cost its start and a second reading of the project each night, and its log would
quote rows.

Belongs here: how dbt is called.
Does not belong here: what it builds (``models/``), and Dagster (``orchestration/assets/warehouse.py``).
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

from orchestration.environment import environment
from orchestration.publishing.files import write_whole
from orchestration.redaction import SafeError, safe_engine_text
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_ROOT, Settings

RESULT_EVENTS: Final = frozenset({"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult"})
_PROJECT_FILES: Final = ("models/**/*", "seeds/*", "dbt_project/macros/**/*", "dbt_project/tests/**/*")
_KEY_TESTS: Final = ("unique_key", "unique", "not_null")
_WRITES_NOTHING: Final = "--no-write-json"
_UNSUCCESSFUL: Final = frozenset({"error", "fail", "runtime error"})


class TransformError(SafeError):
    """dbt did not finish, or a test of severity error failed. The message names nodes and kinds of errors."""


def dbt_variables(settings: Settings) -> dict[str, str]:
    """Return the environment that ``profiles.yml`` and the sources read: the places of one home."""
    return {
        "WARMHANDOFF_WAREHOUSE": str(settings.database),
        "WARMHANDOFF_LAKE": str(settings.lake),
        "WARMHANDOFF_QUARANTINE": str(settings.quarantine),
        "WARMHANDOFF_THREADS": str(settings.threads),
        "WARMHANDOFF_MEMORY_LIMIT": settings.memory_limit,
        "DO_NOT_TRACK": "1",
    }


def dbt_arguments(
    command: str, settings: Settings, *, full_refresh: bool = False, without: Collection[str] = ()
) -> list[str]:
    """Return dbt's command line: dbt itself prints and logs nothing.

    Unit tests stay with ``make test``, and the tests of the marts' keys with the gate of the marts. What is
    not refreshed is built by the project of the last build, and dbt need not write its manifest twice more.

    Args:
        command: of dbt.
        settings: the places of the home.
        full_refresh: build incremental models anew.
        without: names of nodes that a build leaves as they are; what reads or tests them is built.
    """
    arguments = ["--log-level", "none", "--log-level-file", "none", "--no-send-anonymous-usage-stats"]
    arguments += ["--log-path", str(settings.dbt_logs), command, "--target-path", str(settings.dbt_target)]
    arguments += ["--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)]
    if command == "build":
        arguments += [] if full_refresh else [_WRITES_NOTHING]
        arguments += ["--indirect-selection", "empty", "--exclude-resource-type", "unit_test", "--exclude"]
        arguments += [f"warmhandoff.models.marts,test_name:{test}" for test in _KEY_TESTS]
        arguments += sorted(without)
    if full_refresh:
        arguments += ["--full-refresh"]
    return arguments


def is_left_to_the_gate(node: Mapping[str, Any]) -> bool:
    """Whether a node of the manifest tests a mart's key, at which the gate after the build looks anyway."""
    test = node.get("test_metadata") or {}
    return test.get("name") in _KEY_TESTS and node["fqn"][1:3] == ["models", "marts"]


def manifest_file(settings: Settings) -> Path:
    """Return the place of the home's manifest."""
    return settings.dbt_target / "manifest.json"


def read_manifest(settings: Settings) -> dict[str, Any]:
    """Return the home's manifest, which has been made before."""
    found: dict[str, Any] = json.loads(manifest_file(settings).read_bytes())
    return found


def prepare_manifest(settings: Settings) -> Path:
    """Parse the project into the home's manifest, unless the manifest is of the same files.

    An upgrade may bring files that are older than the manifest: their times alone say nothing. They decide
    only where nobody has noted which files a manifest is of.

    Raises:
        TransformError: the project does not parse.
    """
    manifest, note = manifest_file(settings), settings.dbt_target / "manifest.of"
    files = _project_files()
    if _is_whole(manifest):
        if note.exists() and note.read_text(encoding="ascii") == files:
            return manifest
        if not note.exists() and manifest.stat().st_mtime > _newest_change():
            return manifest
    settings.make_home()
    for _ in _invoke(dbt_arguments("parse", settings), settings):
        pass
    write_whole(note, files)
    return manifest


def build(
    settings: Settings, *, full_refresh: bool, without: Collection[str] = ()
) -> Iterator[dict[str, Any]]:
    """Build seeds and models and run the data tests, yielding each result as dbt's JSON log event.

    Args:
        settings: the places of the home.
        full_refresh: build incremental models anew.
        without: names of nodes that are left as they are.

    Raises:
        TransformError: after the last event, where a node failed.
    """
    try:
        arguments = dbt_arguments("build", settings, full_refresh=full_refresh, without=without)
        yield from _invoke(arguments, settings)
    finally:
        _clean_run_results(_run_results(settings))


def rows_by_table(settings: Settings) -> dict[str, int]:
    """Return the number of rows of each table of the built database."""
    import duckdb

    if not settings.database.exists():
        return {}
    with duckdb.connect(str(settings.database), read_only=True) as engine:
        rows = engine.execute(
            "select table_name, estimated_size from duckdb_tables() where schema_name = 'main'"
        )
        return {str(name): int(size) for name, size in rows.fetchall()}


def _invoke(arguments: list[str], settings: Settings) -> Iterator[dict[str, Any]]:
    from dbt.cli.main import dbtRunner, dbtRunnerResult
    from dbt_common.events.functions import msg_to_dict

    events: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
    outcome: list[dbtRunnerResult] = []

    def take(event: Any) -> None:
        if event.info.name in RESULT_EVENTS:
            events.put(msg_to_dict(event))

    def run() -> None:
        try:
            outcome.append(dbtRunner(callbacks=[take]).invoke(arguments))
        finally:
            events.put(None)

    with environment(dbt_variables(settings)):
        worker = Thread(target=run, name="dbt")
        worker.start()
        try:
            while (event := events.get()) is not None:
                yield event
        finally:
            worker.join()
            _release_database()
    if _WRITES_NOTHING in arguments and outcome and outcome[0].result is not None:
        outcome[0].result.write(str(_run_results(settings)))
    if not outcome or not outcome[0].success:
        raise TransformError(_failure_text(outcome[0] if outcome else None))


def _release_database() -> None:
    """Close dbt's connection: the gates and publishing open the same file for reading."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters

    DuckDBConnectionManager.close_all_connections()
    reset_adapters()


def _failure_text(result: Any) -> str:
    if result is None:
        return "dbt ended without a result"
    if result.exception is not None:
        return f"dbt could not start its work: {safe_engine_text(f'{result.exception}')}"
    failed = [
        f"{node.node.name}: {_node_text(node)}"
        for node in getattr(result.result, "results", [])
        if str(node.status) in _UNSUCCESSFUL
    ]
    return f"dbt: {len(failed)} of the models and tests did not succeed: {'; '.join(failed[:5])}"


def _node_text(node: Any) -> str:
    if str(node.status) == "fail":
        return f"{node.failures} rows fail the test"
    return safe_engine_text(str(node.message))


def _run_results(settings: Settings) -> Path:
    return settings.dbt_target / "run_results.json"


def _clean_run_results(path: Path) -> None:
    """Take out of dbt's run results what may quote a row: the messages of failed nodes."""
    if not path.exists():
        return
    run_results = json.loads(path.read_text(encoding="utf-8"))
    for result in run_results["results"]:
        if result["status"] == "error":
            result["message"] = safe_engine_text(result["message"] or "")
    aside = path.with_suffix(".aside")
    aside.write_text(json.dumps(run_results), encoding="utf-8")
    aside.replace(path)


def _is_whole(manifest: Path) -> bool:
    """Whether the manifest can be read: a night that was killed may have left half of one."""
    try:
        json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return False
    return True


def _project_paths() -> list[Path]:
    files = [path for pattern in _PROJECT_FILES for path in PROJECT_ROOT.glob(pattern)]
    return sorted([*files, DBT_PROJECT_DIR / "dbt_project.yml", DBT_PROJECT_DIR / "profiles.yml"])


def _project_files() -> str:
    """Return a SHA-256 of names, sizes and times of the project's files; opens none."""
    digest = hashlib.sha256()
    for path in _project_paths():
        if path.is_file():
            facts = path.stat()
            digest.update(f"{path}|{facts.st_size}|{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _newest_change() -> float:
    files = _project_paths()
    # A folder's own time changes when a file in it is removed.
    return max(path.stat().st_mtime for path in [*files, *{path.parent for path in files}] if path.exists())
