"""The two gates as blocking asset checks: on the raw lake before dbt, on the marts before publication.

Belongs here: which asset a check is shown at, and its result. Does not belong here: the checks and the
decision (``expectations``, ``orchestration/quality``).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from dagster import (
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    ResourceParam,
    multi_asset_check,
)

from orchestration.night import Night

if TYPE_CHECKING:
    from orchestration.quality.findings import CheckResult

CHECK_NAME: Final = "expectations"


def build_raw_gate(keys: Sequence[AssetKey], others: AssetKey) -> AssetChecksDefinition:
    """Return the gate that dbt waits for.

    Args:
        keys: the raw assets.
        others: the asset that shows checks of what is not an asset itself.
    """
    specs = _specs(keys, "What was delivered keeps every blocking expectation.")

    @multi_asset_check(specs=specs, name="raw_gate", pool="duckdb_writer")
    def raw_gate(night: ResourceParam[Night]) -> Iterator[AssetCheckResult]:
        yield from check_results(keys, others, night.raw_gate())

    return raw_gate


def build_marts_gate(keys: Sequence[AssetKey], others: AssetKey) -> AssetChecksDefinition:
    """Return the gate that publication waits for; the arguments are those of the raw gate."""
    specs = _specs(keys, "The mart keeps every blocking expectation.")

    @multi_asset_check(specs=specs, name="marts_gate", pool="duckdb_writer")
    def marts_gate(night: ResourceParam[Night]) -> Iterator[AssetCheckResult]:
        yield from check_results(keys, others, night.marts_gate())

    return marts_gate


def check_results(
    keys: Sequence[AssetKey], others: AssetKey, results: "Sequence[CheckResult]"
) -> Iterator[AssetCheckResult]:
    """Yield one result an asset: an error where a blocking expectation failed, else a warning."""
    by_table: dict[str, list[CheckResult]] = defaultdict(list)
    known = {key.path[-1] for key in keys}
    for result in results:
        by_table[result.table_name if result.table_name in known else others.path[-1]].append(result)
    for key in keys:
        of_asset = by_table[key.path[-1]]
        unkept = [result for result in of_asset if result.status in {"failed", "error"}]
        held = [result for result in unkept if result.is_blocking]
        yield AssetCheckResult(
            asset_key=key,
            check_name=CHECK_NAME,
            passed=not unkept,
            severity=AssetCheckSeverity.ERROR if held else AssetCheckSeverity.WARN,
            metadata={
                "expectations": len(of_asset),
                "blocking": [result.check_id for result in held],
                "not blocking": [result.check_id for result in unkept if not result.is_blocking],
                "failed rows": sum(result.failed_rows or 0 for result in unkept),
            },
        )


def _specs(keys: Sequence[AssetKey], description: str) -> list[AssetCheckSpec]:
    return [AssetCheckSpec(CHECK_NAME, asset=key, blocking=True, description=description) for key in keys]
