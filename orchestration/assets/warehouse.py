"""The dbt project as assets and its tests as asset checks.

Belongs here: how nodes of the manifest are named, grouped and owned in Dagster, and how dbt's results become
its events. Does not belong here: calling dbt (``orchestration/transform.py``).
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Final

from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetExecutionContext,
    AssetKey,
    AssetObservation,
    AssetsDefinition,
    Output,
    ResourceParam,
)
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from orchestration import transform
from orchestration.night import Night, StageError

SEED_GROUP: Final = "rules"
DEFAULT_OWNER: Final = "data-engineering"
DbtEvent = Output[Any] | AssetCheckResult | AssetObservation


class HouseTranslator(DagsterDbtTranslator):
    """Groups by folder, owners from ``config.meta.owner``, descriptions as written, without SQL."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the innermost named folder of a mart, else the layer."""
        if dbt_resource_props["resource_type"] == "seed":
            return SEED_GROUP
        folders = PurePosixPath(dbt_resource_props["original_file_path"].replace("../", "")).parts[1:-1]
        return folders[-1] if folders and folders[0] == "marts" else (folders or ("models",))[0]

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        """Return the owning team."""
        meta = dbt_resource_props.get("config", {}).get("meta", {})
        owner = str(meta.get("owner") or DEFAULT_OWNER)
        return [f"team:{''.join(letter if letter.isalnum() else '-' for letter in owner.lower())}"]

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return the model's description alone: its SQL is in the project."""
        return str(dbt_resource_props["description"])


TRANSLATOR: Final = HouseTranslator(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))


def attach_tests(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest with each test of several models attached to the one that is built last.

    Dagster shows a test as a check of one asset. A test that dbt does not attach itself belongs to the model
    of its list that depends on the others. What the night leaves to the gate of the marts is no check here.
    """
    parents: Mapping[str, Sequence[str]] = manifest["parent_map"]

    def ancestors(node: str) -> int:
        seen: set[str] = set()
        waiting = [node]
        while waiting:
            for parent in parents.get(waiting.pop(), ()):
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return len(seen)

    left_out = {name for name, node in manifest["nodes"].items() if transform.is_left_to_the_gate(node)}
    nodes = {name: node for name, node in manifest["nodes"].items() if name not in left_out}
    for unique_id, node in nodes.items():
        if node["resource_type"] != "test" or node.get("attached_node"):
            continue
        models = [name for name in node["depends_on"]["nodes"] if name.startswith("model.")]
        if len(models) > 1:
            last = max(models, key=lambda name: (ancestors(name), name))
            meta = {**node["config"].get("meta", {}), "dagster": {"ref": {"name": nodes[last]["name"]}}}
            nodes[unique_id] = {**node, "config": {**node["config"], "meta": meta}}
    maps = {name: _without(manifest[name], left_out) for name in ("parent_map", "child_map")}
    return {**manifest, "nodes": nodes, **maps}


def _without(neighbors: Mapping[str, Sequence[str]], left_out: set[str]) -> dict[str, list[str]]:
    return {
        node: [name for name in names if name not in left_out]
        for node, names in neighbors.items()
        if node not in left_out
    }


def build_warehouse_assets(manifest: Mapping[str, Any]) -> AssetsDefinition:
    """Return the step that builds all models and runs all data tests."""

    @dbt_assets(
        manifest=manifest,
        dagster_dbt_translator=TRANSLATOR,
        name="build",
        pool="duckdb_writer",
    )
    def build(context: AssetExecutionContext, night: ResourceParam[Night]) -> Iterator[DbtEvent]:
        events: list[DbtEvent] = []
        failure: StageError | None = None
        try:
            for raw_event in night.build():
                message = DbtCoreCliEventMessage(raw_event=raw_event, event_history_metadata={})
                told = message.to_default_asset_events(manifest, TRANSLATOR, context)
                events.extend(
                    event for event in told if isinstance(event, Output | AssetCheckResult | AssetObservation)
                )
        except StageError as error:
            failure = error
        _add_rows(context, events, transform.rows_by_table(night.settings))
        yield from events
        if failure is not None:
            raise failure

    build.__class__ = _KeysOnce
    return build


class _KeysOnce(AssetsDefinition):
    """A step whose keys are put together once: Dagster asks for all of them for each pair of its assets."""

    @cached_property
    def asset_and_check_keys(self) -> AbstractSet[AssetKey | AssetCheckKey]:
        """The keys of all assets and checks of the step."""
        return super().asset_and_check_keys


def _add_rows(context: AssetExecutionContext, events: Sequence[DbtEvent], rows: Mapping[str, int]) -> None:
    """Add to each built table its number of rows, known once dbt has let go of the database."""
    for event in events:
        if isinstance(event, Output):
            table = context.asset_key_for_output(event.output_name).path[-1]
            if table in rows:
                metadata = {"dagster/row_count": rows[table]}
                context.add_output_metadata(metadata, output_name=event.output_name)
