"""What of the graph stays as it is while only the lake changes, and how its results are told again.

Rules, and what is made of rules alone, have the same rows as long as rules and code are the same; a view has
no rows of its own. They are a third of the graph, and building one costs a small clinic as much as any other.

Belongs here: which nodes those are, and where their results go among those of a night. Does not belong here:
whether rules and code are the same (``build_plan``), what is kept (``standing``), and dbt.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from orchestration.standing import Row

_KINDS: Final = frozenset({"seed", "model", "test"})
_GOOD: Final = frozenset({"success", "pass"})


@dataclass(frozen=True)
class Lasting:
    """What a build leaves as an earlier one made it.

    Attributes:
        kept: the results of its nodes, in the order in which they were made.
        parents: of each node of the graph.
        names: dbt's short names, by id.
    """

    kept: tuple[Row, ...] = ()
    parents: Mapping[str, Sequence[str]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, manifest: Mapping[str, Any], events: Iterable[Row]) -> Self:
        """Return what lasts of a build over a graph that is the same, as far as it went well.

        Args:
            manifest: dbt's, as JSON.
            events: the results of the build, all of them.
        """
        lasting = lasting_nodes(manifest)
        kept = tuple(event for event in events if node_of(event) in lasting and _is_good(event))
        names = {node_of(event): str(manifest["nodes"][node_of(event)]["name"]) for event in kept}
        return cls(kept, manifest["parent_map"], names)

    def tell(self, fresh: Iterable[Row]) -> Iterator[Row]:
        """Yield the results of a build and those that are kept, each after those of what it is made from.

        Args:
            fresh: results of the nodes that are built, in the order in which they end.
        """
        told: set[str] = set()
        waiting: Sequence[Row] = self.kept
        for event in fresh:
            for other in waiting:
                if all(_is_told(parent, told) for parent in self.parents.get(node_of(other), ())):
                    told.add(node_of(other))
                    yield other
            waiting = [other for other in waiting if node_of(other) not in told]
            told.add(node_of(event))
            yield event
        yield from waiting


def lasting_nodes(manifest: Mapping[str, Any]) -> frozenset[str]:
    """Return the nodes that need not be built again where only the lake has changed.

    Args:
        manifest: dbt's, as JSON.

    Returns:
        Ids of seeds, of models and tests that are made of lasting rows alone, and of views.
    """
    nodes = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] in _KINDS}
    parents: Mapping[str, Sequence[str]] = manifest["parent_map"]
    known: dict[str, bool] = {}

    def has_lasting_rows(name: str) -> bool:
        if name not in known:
            known[name] = name in nodes and all(has_lasting_rows(parent) for parent in parents.get(name, ()))
        return known[name]

    views = {name for name, node in nodes.items() if node["config"]["materialized"] == "view"}
    return frozenset({name for name in nodes if has_lasting_rows(name)} | views)


def node_of(event: Row) -> str:
    """Return the id of the node whose result an event of dbt is."""
    return str(event["data"]["node_info"]["unique_id"])


def _is_good(event: Row) -> bool:
    return event["data"]["node_info"]["node_status"] in _GOOD


def _is_told(node: str, told: set[str]) -> bool:
    return node in told or node.partition(".")[0] not in _KINDS
