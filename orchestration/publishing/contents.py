"""What goes into a generation's folder: marts, shared marts, rules, inputs, lists; and facts about them.

Belongs here: which files there are. Does not belong here: when they are written and shown (``generation``),
how a mart becomes a file (``export``).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.publishing import export
from orchestration.publishing.care_lists import write_care_lists
from orchestration.publishing.claim_lists import write_claim_lists
from orchestration.publishing.clinic_pages import write_clinic_pages
from orchestration.publishing.contract import load_marts
from orchestration.publishing.engine import literal, meanwhile, quoted
from orchestration.publishing.errors import PublishError
from orchestration.publishing.failing_rows import LIST as FAILING_ROWS
from orchestration.publishing.failing_rows import write_failing_rows
from orchestration.publishing.files import make_folder
from orchestration.publishing.manifest import FeedInputs
from orchestration.publishing.near_miss_lists import write_near_miss_lists
from orchestration.publishing.reuse import Reuse
from orchestration.publishing.scorecards.pages import write_scorecards
from orchestration.publishing.sharing import smallest_shown
from orchestration.publishing.slot_study import write_slot_study

IDENTIFIED = "identified"
SHARED = "shared"
RULES = "rules"
INPUTS_FILE = "inputs.parquet"

Progress = Callable[[str, int, int], None]

_RULE_VERSIONS = {"fct_minute_segment": "rule_version", "fct_claim_candidate": "policy_version"}
"""Where results name the policy row that decided them."""


@dataclass(frozen=True)
class Contents:
    """Facts about a folder's contents. ``gates`` counts the checks by layer and status."""

    inputs: dict[str, FeedInputs]
    rule_versions: list[str]
    gates: dict[str, dict[str, int]]
    absent_marts: list[str]


def write_contents(
    engine: duckdb.DuckDBPyConnection,
    folder: Path,
    dq_finding: Path,
    lake: Path,
    publish_id: str,
    as_of_date: date,
    reuse: Reuse,
    progress: Progress | None = None,
    failing_keys: Sequence[Path] = (),
) -> Contents:
    """Write everything but the manifest and the views.

    Args:
        engine: with the warehouse attached.
        folder: where to write; nobody else can see it yet.
        dq_finding: the night's findings.
        lake: the lake, for its reference tables.
        publish_id: stands in the last column of every mart.
        as_of_date: the business date.
        reuse: what an earlier generation has already.
        progress: called with what is being written, the step and the number of steps.
        failing_keys: the keys of the rows that failed a check, as the gates left them.

    Raises:
        PublishError: a mart breaks its contract, an input is missing, or a file could not be written.
    """
    contract = load_marts()
    sources = export.find_sources(engine, contract, dq_finding)
    for name, source in sources.items():
        export.check_types(source, contract.marts[name])
    for room in (IDENTIFIED, SHARED, RULES):
        make_folder(folder / room)
    steps = len(sources) + 2
    hash_key = _hash_key(engine, lake)

    large = [name for name in sources if contract.marts[name].is_sorted_by_part]
    others = [name for name in sources if name not in large]

    def export_marts(by: duckdb.DuckDBPyConnection, names: Sequence[str], tell: Progress | None) -> None:
        for step, name in enumerate(names, start=len(large) + 1):
            if tell:
                tell(f"publish {name}", step, steps)
            mart, source = contract.marts[name], sources[name]
            export.export_mart(by, source, mart, folder / IDENTIFIED / f"{name}.parquet", publish_id)
            if name in contract.shared:
                target = folder / SHARED / f"{name}.parquet"
                shared = contract.shared[name]
                minimum = _smallest_shown(by, as_of_date) if shared.has_counts_of_people else None
                export.export_shared(by, source, mart, shared, target, publish_id, hash_key, minimum)

    with meanwhile(engine, lambda by: export_marts(by, large, None)):
        export_marts(engine, others, progress)
        tables = export.warehouse_tables(engine)
        for name in contract.rules:
            if name in tables:
                relation = f"{export.WAREHOUSE}.main.{quoted(name)}"
                export.export_table(engine, name, relation, folder / RULES / f"{name}.parquet")
        inputs = _write_inputs(engine, lake, folder / INPUTS_FILE)
        if progress:
            progress("publish the lists", steps - 1, steps)
        write_claim_lists(engine, folder / IDENTIFIED, folder / RULES, as_of_date, reuse)
        write_care_lists(engine, folder / IDENTIFIED)
        write_near_miss_lists(engine, folder / IDENTIFIED, folder / RULES)
        write_clinic_pages(engine, folder / IDENTIFIED)
        unfinished = {name: sources[name].relation for name in large}
        write_scorecards(engine, folder / IDENTIFIED, folder / RULES, as_of_date, unfinished)
        write_slot_study(engine, folder / IDENTIFIED, folder / RULES, reuse)
        write_failing_rows(engine, failing_keys, folder / IDENTIFIED / FAILING_ROWS)
    if progress:
        progress("check and flip", steps, steps)
    return Contents(
        inputs=inputs,
        rule_versions=_rule_versions(engine, folder / IDENTIFIED),
        gates=_gates(engine, folder / IDENTIFIED / "dq_finding.parquet"),
        absent_marts=sorted(set(contract.marts) - set(sources)),
    )


def _smallest_shown(engine: duckdb.DuckDBPyConnection, as_of_date: date) -> int:
    if "threshold" not in export.warehouse_tables(engine):
        raise PublishError("the warehouse has no seed threshold: nothing that counts people can be shared")
    return smallest_shown(engine, f"{export.WAREHOUSE}.main.threshold", as_of_date)


def _hash_key(engine: duckdb.DuckDBPyConnection, lake: Path) -> str | None:
    path = lake / "reference" / "hash_key.parquet"
    if not path.is_file():
        return None
    row = engine.execute(f"select hash_key from read_parquet({literal(path)})").fetchone()  # noqa: S608
    return row[0] if row else None


def _write_inputs(engine: duckdb.DuckDBPyConnection, lake: Path, target: Path) -> dict[str, FeedInputs]:
    """Copy the list of landed files, and sum up what of each feed went in."""
    path = lake / "reference" / "feed_file.parquet"
    if not path.is_file():
        raise PublishError(f"the lake has no reference/{path.name}: run ingestion before publishing")
    relation = f"read_parquet({literal(path)})"
    # Whether a file was still to be built in this home is no fact of the delivery: other homes say otherwise.
    delivered = f"(select columns(name -> name <> 'is_pending') from {relation})"  # noqa: S608
    export.export_table(engine, "feed_file", delivered, target)
    accepted = f"select feed, file_id, rows_accepted from {relation} where status = 'accepted'"  # noqa: S608
    rows = engine.execute(f"{accepted} order by feed, file_id").fetchall()
    feeds: dict[str, list[tuple[str, int]]] = {}
    for feed, file_id, rows_accepted in rows:
        feeds.setdefault(feed, []).append((file_id, rows_accepted or 0))
    return {
        feed: FeedInputs(
            files=len(files),
            rows_accepted=sum(count for _, count in files),
            sha256=hashlib.sha256("\n".join(file_id for file_id, _ in files).encode()).hexdigest(),
        )
        for feed, files in feeds.items()
    }


def _rule_versions(engine: duckdb.DuckDBPyConnection, identified: Path) -> list[str]:
    found: set[str] = set()
    for name, column in _RULE_VERSIONS.items():
        path = identified / f"{name}.parquet"
        if path.is_file():
            query = f"select distinct {column} from read_parquet({literal(path)}) where {column} is not null"  # noqa: S608
            found |= {version for (version,) in engine.execute(query).fetchall()}
    return sorted(found)


def _gates(engine: duckdb.DuckDBPyConnection, findings: Path) -> dict[str, dict[str, int]]:
    rows = engine.execute(
        f"select coalesce(layer, ''), status, count(*) from read_parquet({literal(findings)}) "  # noqa: S608
        "group by all order by all"
    ).fetchall()
    gates: dict[str, dict[str, int]] = {}
    for layer, status, count in rows:
        gates.setdefault(layer, {})[status] = count
    return gates
