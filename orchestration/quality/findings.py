"""Findings: one result a check and run, what holds a night back, and the file that becomes ``dq_finding``.

Belongs here: the shape of a result, the decision, its one-line reason, and the deterministic Parquet file.
Does not belong here: where results come from (``gates``, ``dbt_results``).
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from expectations.check import Severity

Status = Literal["passed", "failed", "error", "not_applicable"]


@dataclass(frozen=True)
class CauseCount:
    """The failing rows of a check that have one cause: what is mended in one go.

    Attributes:
        kind: what the cause is, such as ``team``.
        cause_id: the same in every night: a word of our own, or a keyed hash.
        name: as people are told; never a value that only a row could have said.
        failed_rows: rows that fail because of it.
    """

    kind: str
    cause_id: str
    name: str
    failed_rows: int


@dataclass(frozen=True)
class CheckResult:
    """What one check found. Counts only: no value of a checked row is ever in here.

    The fields are the columns of ``dq_finding`` without ``run_id`` and ``checked_at``, and the causes.

    Attributes:
        check_id: the name of the check in all findings.
        layer: ``raw``, ``dbt`` or ``marts``.
        table_name: the checked table.
        severity: ``critical`` holds the publication back.
        status: ``not_applicable`` where there was nothing to check, ``error`` where the check could not be
            run.
        failed_rows: rows that failed; null where the check did not run.
        total_rows: rows that were looked at; null where unknown.
        threshold: share of rows (0 to 1) that may fail.
        affected_marts: marts that a failure makes wrong or poorer, separated by ``;``.
        owner: who can mend it.
        what_it_means: what a failure says.
        what_to_do: the first step.
        waiver_id: the waiver by which a failure does not hold the night back.
        causes: the failing rows by cause, the most frequent first; empty where there is one cause alone.
    """

    check_id: str
    layer: str
    table_name: str
    severity: Severity
    status: Status
    failed_rows: int | None = None
    total_rows: int | None = None
    threshold: float | None = None
    affected_marts: str = ""
    owner: str = ""
    what_it_means: str = ""
    what_to_do: str = ""
    waiver_id: str | None = None
    causes: tuple[CauseCount, ...] = ()

    @property
    def is_blocking(self) -> bool:
        """Whether this result holds the publication back; a check that could not be run counts as failed."""
        return self.severity == "critical" and self.status in {"failed", "error"} and self.waiver_id is None


def result_of(row: Mapping[str, Any]) -> CheckResult:
    """Return the result whose plain values (``dataclasses.asdict``) were kept.

    Raises:
        TypeError: they are not those of a result.
    """
    causes = tuple(CauseCount(**cause) for cause in row.get("causes", ()))
    return CheckResult(**{**row, "causes": causes})


def blocking(results: Iterable[CheckResult]) -> list[CheckResult]:
    """Return the results that hold the publication back, sorted by ``check_id``."""
    return sorted((result for result in results if result.is_blocking), key=lambda result: result.check_id)


def held_sentence(results: Iterable[CheckResult]) -> str:
    """Say in one line why a night is held back; empty where nothing holds it back."""
    held = blocking(results)
    if not held:
        return ""
    first = held[0]
    if first.status == "error":
        count = " could not be run"
    elif first.failed_rows is None:
        count = " failed"
    elif first.total_rows is None:
        count = f" failed ({first.failed_rows:,} rows)"
    else:
        count = f" failed ({first.failed_rows:,} of {first.total_rows:,} rows)"
    others = (
        f" and {len(held) - 1} more blocking {'check' if len(held) == 2 else 'checks'}" if held[1:] else ""
    )
    return f"Held back: {first.check_id}{count}{others}. {first.what_it_means} {first.what_to_do}".strip()


def write_findings(path: Path, results: Sequence[CheckResult], *, run_id: str, checked_at: datetime) -> None:
    """Write the findings of a run as Parquet, whole or not at all; the same input gives the same bytes.

    Args:
        path: the file; its folder is made.
        results: in any order.
        run_id: of the run, a hash that the caller gives.
        checked_at: end of the business date in UTC, without a zone in the type.

    Raises:
        ValueError: two results have the same ``check_id``.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    ordered = sorted(results, key=lambda result: (result.layer, result.table_name, result.check_id))
    seen: set[str] = set()
    for result in ordered:
        if result.check_id in seen:
            raise ValueError(f"two results of check {result.check_id}: give each check a name of its own")
        seen.add(result.check_id)
    columns = {
        "run_id": pa.string(),
        "checked_at": pa.timestamp("us"),
        "check_id": pa.string(),
        "layer": pa.string(),
        "table_name": pa.string(),
        "severity": pa.string(),
        "status": pa.string(),
        "failed_rows": pa.int64(),
        "total_rows": pa.int64(),
        "threshold": pa.float64(),
        "affected_marts": pa.string(),
        "owner": pa.string(),
        "what_it_means": pa.string(),
        "what_to_do": pa.string(),
        "waiver_id": pa.string(),
    }
    common = {"run_id": run_id, "checked_at": checked_at}
    rows = [{name: (vars(result) | common)[name] for name in columns} for result in ordered]
    table = pa.Table.from_pylist(rows, schema=pa.schema(columns))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    pq.write_table(table, draft, compression="zstd")
    draft.chmod(0o600)
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())
    draft.replace(path)
