"""What a bulk export says was deleted: Bundles of DELETE requests, which become tombstones.

Belongs here: from such Bundles to rows that hold a key and take it back. Does not belong here: other Bundles.
"""

from collections.abc import Iterator
from datetime import date

from orchestration.feeds.contract import Contract, Feed
from orchestration.feeds.door import ROW
from orchestration.feeds.fhir_items import EACH_SCALE
from orchestration.feeds.fhir_resources import Resource
from orchestration.feeds.fhir_types import RESOURCES
from orchestration.feeds.lake import quoted

BUNDLE = "Bundle"
DELETIONS = Resource(
    elements={
        "timestamp": "VARCHAR",
        "entry": "STRUCT(request STRUCT(method VARCHAR, url VARCHAR), "
        "response STRUCT(lastModified VARCHAR))[]",
    },
    mappings=(),
)
OF_RESOURCE = "(?:^|/)([A-Z][A-Za-z]+)/([^/?]+)(?:/_history/[^/?]+)?/?$"
"""An address of a resource, or of the version of it that a server's history names."""

TARGET = f"regexp_extract(entry.request.url, '{OF_RESOURCE}', ['type', 'id'])"
IS_DELETION = (
    "coalesce(len(s.entry), 0) > 0 AND len([entry for entry in s.entry "
    "if coalesce(entry.request.method, '') != 'DELETE' "
    f"OR NOT regexp_matches(coalesce(entry.request.url, ''), '{OF_RESOURCE}')]) = 0"
)
"""Whether all entries of a Bundle are deletions by id."""


def deletions(source: str, delivered_on: date) -> str:
    """SQL of the deletions: row number, resource type, id, and the time, else the end of the delivery's day.

    Args:
        source: SQL of the Bundles.
        delivered_on: the date of the delivery.
    """
    entries = f"SELECT {ROW}, s.meta, s.timestamp, unnest(s.entry) AS entry FROM {source} AS s"  # noqa: S608
    moment = (
        "coalesce(entry.response.lastModified, meta.lastUpdated, timestamp, "
        f"{quoted(delivered_on.isoformat() + 'T23:59:59Z')})"
    )
    return (
        f"SELECT {ROW}, {TARGET}.type AS type, {TARGET}.id AS id, {moment} AS updated_at "  # noqa: S608
        f"FROM ({entries} WHERE {IS_DELETION})"
    )


def _feeds_keyed_by_id(contract: Contract) -> dict[str, list[Feed]]:
    """The feeds, by resource type, whose key is the id of the resource."""
    found: dict[str, list[Feed]] = {}
    for name, resource in RESOURCES.items():
        for mapping in resource.mappings:
            feed = contract.feeds[mapping.feed]
            if len(feed.key) == 1 and mapping.columns.get(feed.key[0]) == "s.id":
                found.setdefault(name, []).append(feed)
    return found


def _ids(feed: str, name: str) -> str:
    """SQL of the ids that rows of a feed out of a resource may have.

    A form's rows have its own, and that with the name of each scale beside the one that it is known by.
    """
    if (feed, name) != ("assessment", "QuestionnaireResponse"):
        return "id"
    return f"unnest(list_concat([id], [id || '#' || scale for scale in {EACH_SCALE}]))"


def tombstones(contract: Contract, deleted: str) -> Iterator[tuple[str, str]]:
    """Each feed and SQL of its tombstones.

    A resource that may fill either of two feeds is taken back in both: nobody can tell any more which it was.

    Args:
        contract: the feeds.
        deleted: SQL of the deletions.

    Yields:
        The name of the feed, and a query of the row number, the key, ``updated_at`` and ``is_deleted``.
    """
    for name, feeds in _feeds_keyed_by_id(contract).items():
        for feed in feeds:
            yield (
                feed.name,
                f'SELECT {ROW}, {_ids(feed.name, name)} AS "{feed.key[0]}", updated_at, '  # noqa: S608
                f"'true' AS is_deleted FROM {deleted} WHERE type = {quoted(name)}",
            )


def not_executed(contract: Contract, deleted: str) -> str:
    """SQL of the lines that delete something whose rows its id alone does not name."""
    named = ", ".join(quoted(name) for name in _feeds_keyed_by_id(contract))
    kept = ", ".join(quoted(name) for name in RESOURCES)
    return (
        f"SELECT DISTINCT {ROW} AS row_number, 'deletion_without_key:' || type AS reason "  # noqa: S608
        f"FROM {deleted} WHERE type IN ({kept}) AND type NOT IN ({named})"
    )
