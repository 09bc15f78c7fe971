"""The marts of one landing in about a second: dbt compiles once, each case runs the compiled SQL.

What belongs here: ingestion and the models' SQL in the order of the graph, on a database in memory. What does
not: orchestration, gates and publication, which have tests of their own, and any change of the SQL.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import yaml
from filelock import FileLock

from orchestration.feeds.ingest import ingest
from tests.reference.rules import Rules

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "seeds"
LAKE = "/__lake__"
QUARANTINE = "/__quarantine__"
HASH_KEY = "a key for tests"
COMPILE = """
import sys
from dbt.cli.main import dbtRunner
runner = dbtRunner()
for command in (["seed"], ["compile"]):
    result = runner.invoke([*command, *sys.argv[1:]])
    if not result.success:
        sys.exit(f"dbt {command[0]} failed: {result.exception}")
"""


@dataclass(frozen=True)
class CompiledNode:
    """One model or data test with its final SQL."""

    name: str
    kind: str
    sql: str
    blocks: bool = False


class Warehouse:
    """The compiled project, ready to be run over any landing."""

    def __init__(self, folder: Path) -> None:
        """Compile into ``folder``, or take what another worker compiled there."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        done = folder / "compiled"
        with FileLock(str(folder / "compile.lock")):
            if not done.exists():
                self._compile()
                done.touch()

    @property
    def mart_names(self) -> list[str]:
        """The models that are published."""
        models = (node for node in self._manifest["nodes"].values() if node["resource_type"] == "model")
        return sorted(node["name"] for node in models if node["path"].startswith("marts/"))

    @property
    def semantic_manifest(self) -> Path:
        """What MetricFlow reads of the project."""
        return self._folder / "target" / "semantic_manifest.json"

    def ingest(self, landing: Path, work: Path, *, as_of: date, default_zone: str = "UTC") -> None:
        """Read what is new in a landing into the lake under ``work``, as a night does."""
        lake, quarantine = work / "lake", work / "quarantine"
        ingest(landing, lake, quarantine, as_of=as_of, default_time_zone=default_zone, hash_key=HASH_KEY)

    def build(
        self,
        landing: Path,
        work: Path,
        *,
        as_of: date,
        default_zone: str = "UTC",
        seeds: Path | None = None,
    ) -> "Marts":
        """Ingest a landing into the lake under ``work`` and build every model.

        Seeds that a CSV file of ``seeds`` names are taken from there instead.
        """
        self.ingest(landing, work, as_of=as_of, default_zone=default_zone)
        lake, quarantine = work / "lake", work / "quarantine"
        engine = duckdb.connect(":memory:", config={"threads": 1})
        engine.execute(f"attach '{self._database}' as template (read_only)")
        engine.execute(f"attach ':memory:' as {self._database.stem}")
        engine.execute(f"use {self._database.stem}.main")
        for seed in self._nodes("seed"):
            engine.execute(f'create table "{seed.name}" as from template.main."{seed.name}"')
        engine.execute("detach template")
        for path in sorted(seeds.glob("*.csv")) if seeds else ():
            engine.execute(f'delete from "{path.stem}"')
            rows = f"select * from read_csv('{path}', header = true, all_varchar = true)"
            engine.execute(f'insert into "{path.stem}" by name {rows}')
        places = {LAKE: str(lake), QUARANTINE: str(quarantine)}
        for model in self._nodes("model"):
            try:
                engine.execute(f'create {model.kind} "{model.name}" as {_placed(model.sql, places)}')
            except duckdb.Error as error:
                raise AssertionError(f"model {model.name} does not build: {error}") from error
        tests = [replace(one, sql=_placed(one.sql, places)) for one in self._nodes("test") if one.blocks]
        return Marts(engine, tests)

    @property
    def _database(self) -> Path:
        return self._folder / "warehouse.duckdb"

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads((self._folder / "target" / "manifest.json").read_text())
        return manifest

    def _nodes(self, resource_type: str) -> list[CompiledNode]:
        return self._all_nodes[resource_type]

    @cached_property
    def _all_nodes(self) -> dict[str, list[CompiledNode]]:
        """Every node by kind, each after those that it needs."""
        nodes = {
            key: node
            for key, node in self._manifest["nodes"].items()
            if node["resource_type"] in {"seed", "model", "test"}
        }
        found: dict[str, list[CompiledNode]] = {"seed": [], "model": [], "test": []}
        waiting = dict(sorted(nodes.items()))
        done: set[str] = set()
        while waiting:
            ready = [
                key
                for key, node in waiting.items()
                if all(need in done or need not in nodes for need in node["depends_on"].get("nodes", []))
            ]
            for key in ready:
                node = waiting.pop(key)
                done.add(key)
                materialized = node["config"]["materialized"]
                if materialized != "ephemeral":
                    kind = "view" if materialized == "view" else "table"
                    found[node["resource_type"]].append(
                        CompiledNode(
                            node["name"],
                            kind,
                            node.get("compiled_code") or "",
                            str(node["config"].get("severity", "")).lower() == "error",
                        )
                    )
        return found

    def _compile(self) -> None:
        environment = {
            **os.environ,
            "WARMHANDOFF_WAREHOUSE": str(self._database),
            "WARMHANDOFF_LAKE": LAKE,
            "WARMHANDOFF_QUARANTINE": QUARANTINE,
            "WARMHANDOFF_THREADS": "1",
            "WARMHANDOFF_MEMORY_LIMIT": "1GB",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DO_NOT_TRACK": "1",
        }
        project = ROOT / "dbt_project"
        places = [
            "--project-dir",
            project,
            "--profiles-dir",
            project,
            "--target-path",
            self._folder / "target",
        ]
        arguments = [str(part) for part in (*places, "--log-path", self._folder / "logs", "--quiet")]
        result = subprocess.run(
            [sys.executable, "-c", COMPILE, *arguments],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise RuntimeError(
                f"the project does not compile:\n{result.stdout[-3000:]}{result.stderr[-3000:]}"
            )


class Marts:
    """The built database of one case."""

    def __init__(self, engine: duckdb.DuckDBPyConnection, tests: list[CompiledNode]) -> None:
        """Keep the open database; ``close`` gives it back."""
        self.engine = engine
        self.tests = tests

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query, or of a table named alone."""
        relation = self.engine.execute(query if " " in query else f'select * from "{query}"')
        columns = [column[0] for column in relation.description or []]
        return [dict(zip(columns, row, strict=True)) for row in relation.fetchall()]

    def failing_tests(self) -> dict[str, int]:
        """The project's blocking data tests that return rows on this database, with how many."""
        failing = {}
        for test in self.tests:
            found = self.engine.execute(f"select count(*) from ({test.sql})").fetchone()
            if found and found[0]:
                failing[test.name] = int(found[0])
        return failing

    def close(self) -> None:
        """Drop the database."""
        self.engine.close()


def load_rules() -> Rules:
    """The project's seeds for the reference implementation."""
    return Rules(SEEDS)


def load_contract() -> dict[str, Any]:
    """The feeds' contract for the reference implementation."""
    text = (ROOT / "orchestration" / "feeds" / "contract.yml").read_text(encoding="utf-8")
    contract: dict[str, Any] = yaml.safe_load(text)
    return contract


def _placed(sql: str, places: dict[str, str]) -> str:
    for placeholder, place in places.items():
        sql = sql.replace(placeholder, place)
    return sql
