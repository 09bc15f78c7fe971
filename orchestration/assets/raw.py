"""The raw lake as assets: one for each source of the dbt project, all written by one step.

Belongs here: keys and metadata. Does not belong here: reading of files (``orchestration/feeds``).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dagster import AssetKey, AssetsDefinition, AssetSpec, MaterializeResult, ResourceParam, multi_asset

from orchestration.night import Night

GROUP: Final = "raw"
OWNERS: Final = ["team:data-engineering"]
COUNTS: Final = ("rows read", "rows accepted", "rows quarantined")


def raw_specs(manifest: Mapping[str, Any]) -> list[AssetSpec]:
    """Return an asset for each source that dbt reads, so that keys can never drift apart."""
    return [
        AssetSpec(
            key=AssetKey([source["source_name"], source["name"]]),
            description=source["description"] or source["source_description"],
            group_name=GROUP,
            owners=OWNERS,
            kinds={"parquet"},
        )
        for source in sorted(manifest["sources"].values(), key=lambda source: str(source["unique_id"]))
    ]


def build_raw_assets(manifest: Mapping[str, Any]) -> AssetsDefinition:
    """Return the step that reads the landing folder into the lake."""
    specs = raw_specs(manifest)

    @multi_asset(specs=specs, name="ingest", pool="duckdb_writer")
    def ingest(night: ResourceParam[Night]) -> Iterator[MaterializeResult[Any]]:
        report = night.ingest()
        for spec in specs:
            totals = report.totals.get(spec.key.path[-1])
            yield MaterializeResult(
                asset_key=spec.key, metadata=dict(zip(COUNTS, totals, strict=True)) if totals else {}
            )

    return ingest
