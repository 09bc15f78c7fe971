"""Versions of a row that can never count: silent about when they were changed, after one that is not.

Versions are ordered by ``updated_at``, blank first, before the delivery date. So a correction or a deletion
that does not say when it was made stays behind an earlier one that does, for good.
Belongs here: the one check of that. It holds no night back. Does not belong here: the order itself
(``version_order``, and the models' macros), and stamps that are ahead (``raw_stamps``).
"""

from collections.abc import Mapping

from expectations.check import Check, Drill, NoRows
from expectations.consequences import FeedConsequence
from orchestration.feeds.contract import Contract, Feed


def checks(contract: Contract, consequences: Mapping[str, FeedConsequence]) -> list[Check]:
    """Return the check, which is one for all feeds: each check of a gate costs more than this query.

    Args:
        contract: the feeds.
        consequences: what each feed costs when it is missing, by feed.
    """
    feeds = contract.feeds.values()
    passed_over = " union all ".join(f"(from ({_passed_over(feed)}))" for feed in feeds)
    counted = " + ".join(f"(select count(*) from {feed.name})" for feed in feeds)  # noqa: S608
    marts = dict.fromkeys(mart for feed in feeds for mart in consequences[feed.name].affected_marts)
    return [
        Check(
            layer="raw",
            table_name="feed_file",
            name="later_versions_say_when_they_were_changed",
            rule=NoRows(passed_over),
            severity="warning",
            owner="ehr_interfaces",
            what_it_means=(
                "Rows were delivered again, corrected or deleted, without updated_at; an earlier version of "
                "them has one. The earlier one counts, in all nights to come: what was withdrawn stands."
            ),
            what_to_do=(
                "Have updated_at sent with every version of a row, deletions included, or with none; then "
                "have these rows sent once more."
            ),
            affected_marts=tuple(marts),
            subjects=tuple(contract.feeds),
            total_query=f"select {counted}",
            drill=Drill(passed_over, key="row", cause="feed"),
        )
    ]


def _passed_over(feed: Feed) -> str:
    """The last version of a key by delivery, where it has no ``updated_at`` and one of an earlier day has."""
    same_key = " and ".join(f"stamped.{key} is not distinct from silent.{key}" for key in feed.key)
    stamped = (
        f"exists (select 1 from {feed.name} as stamped where stamped.updated_at is not null "  # noqa: S608
        f"and {same_key} and stamped._delivered_on {{than}} silent._delivered_on)"
    )
    keys = ", ".join(feed.key)
    # Where no row, or every row, says when it was changed, no key is looked at.
    first_day = f"(select min(_delivered_on) from {feed.name} where updated_at is not null)"  # noqa: S608
    place = "arg_max(_source_file, row(_delivered_on, _source_file)) as place"
    return (
        f"with candidate as materialized (select {keys}, _delivered_on, _source_file from {feed.name} "  # noqa: S608
        f"where updated_at is null and _delivered_on > {first_day}), "
        f"behind as materialized (select * from candidate as silent where {stamped.format(than='<')}) "
        f"select '{feed.name}' as cause, {feed.key[0]} as row_key, {place} "
        f"from behind as silent where not {stamped.format(than='>=')} group by {keys}"
    )
