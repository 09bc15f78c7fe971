"""The publication as an asset: the last step of a night.

Belongs here: its key, what it waits for and its metadata. Does not belong here: writing files
(``orchestration/publishing``).
"""

from collections.abc import Sequence
from typing import Any, Final

from dagster import AssetKey, AssetsDefinition, MaterializeResult, ResourceParam, asset

from orchestration.night import Night

PUBLISHED: Final = AssetKey(["published", "generation"])


def build_publication(marts: Sequence[AssetKey]) -> AssetsDefinition:
    """Return the step that publishes the marts; it runs when no blocking check of the night has failed."""

    @asset(
        key=PUBLISHED,
        deps=list(marts),
        group_name="published",
        owners=["team:data-engineering"],
        kinds={"parquet"},
        pool="duckdb_writer",
        description="One night's marts, lists and manifest as files that readers can rely on.",
    )
    def generation(night: ResourceParam[Night]) -> MaterializeResult[Any]:
        written = night.publish()
        return MaterializeResult(
            metadata={
                "generation": written.name,
                "publish id": written.publish_id,
                "as of": written.as_of_date.isoformat(),
            }
        )

    return generation
