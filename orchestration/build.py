"""The one place where Dagster's definitions are put together.

Belongs here: what belongs to the graph and what each part is given. Does not belong here: any part itself.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from dagster import AssetKey, Definitions, Field, InitResourceContext, ResourceDefinition, String, resource

from orchestration.assets.gates import build_marts_gate, build_raw_gate
from orchestration.assets.publish import build_publication
from orchestration.assets.raw import build_raw_assets, raw_specs
from orchestration.assets.warehouse import attach_tests, build_warehouse_assets
from orchestration.jobs import nightly_job
from orchestration.night import Night
from orchestration.night_lock import night_lock
from orchestration.schedules import build_schedule
from orchestration.sensors import build_failure_sensor, build_landed_sensor
from orchestration.settings import load_settings
from orchestration.transform import prepare_manifest

FEED_FILES = AssetKey(["reference", "feed_file"])


def build_defs(resource_overrides: Mapping[str, Any] | None = None) -> Definitions:
    """Return all assets, checks, jobs, schedules and sensors.

    Args:
        resource_overrides: ``night`` replaces the night of the environment's settings.

    Raises:
        ConfigurationError: no override is given and the environment lacks a setting.
    """
    overrides = dict(resource_overrides or {})
    night: Night = overrides.pop("night", None) or Night(load_settings())
    manifest = attach_tests(json.loads(prepare_manifest(night.settings).read_text(encoding="utf-8")))
    raw = [spec.key for spec in raw_specs(manifest)]
    marts = mart_keys(manifest)
    return Definitions(
        assets=[build_raw_assets(manifest), build_warehouse_assets(manifest), build_publication(marts)],
        asset_checks=[build_raw_gate(raw, FEED_FILES), build_marts_gate(marts, marts[0])],
        jobs=[nightly_job],
        schedules=[build_schedule(night.settings)],
        sensors=[build_landed_sensor(night.settings), build_failure_sensor(night.settings)],
        resources={"night": night_resource(night), **overrides},
    )


def mart_keys(manifest: Mapping[str, Any]) -> list[AssetKey]:
    """Return the keys of all models of the marts layer, sorted."""
    nodes = manifest["nodes"].values()
    marts = [
        node["name"] for node in nodes if node["resource_type"] == "model" and "marts" in node["fqn"][:-1]
    ]
    return [AssetKey([name]) for name in sorted(marts)]


def night_resource(night: Night) -> ResourceDefinition:
    """Return the night as a resource that holds the home's lock as long as a run lives."""

    @resource(
        config_schema={
            "as_of_date": Field(
                String,
                is_required=False,
                description="Business date YYYY-MM-DD; without it, the latest delivery.",
            )
        }
    )
    def locked_night(context: InitResourceContext) -> Iterator[Night]:
        given = context.resource_config.get("as_of_date")
        as_of = date.fromisoformat(given) if given else night.as_of_date
        with night_lock(night.settings):
            yield night if as_of == night.as_of_date else replace(night, as_of_date=as_of)

    return locked_night
