"""Rows that say that they were changed after they were delivered: they hide what comes later.

Belongs here: ``updated_at`` of rows of files. Does not belong here: when messages were sent
(``raw_messages``), and whether deliveries come in time (``raw_feeds``).
"""

from collections.abc import Mapping
from typing import Final

from expectations.check import Check, Drill, NoRows
from expectations.consequences import FeedConsequence
from orchestration.feeds.contract import Contract

OWNER: Final = "ehr_interfaces"
_EARLY: Final = (
    "select '{feed}' as cause, {key} as row_key, _source_file as place from {feed} "
    "where updated_at >= _delivered_on + interval {days} day and not starts_with(_source_file, 'hl7v2/')"
)


def checks(contract: Contract, consequences: Mapping[str, FeedConsequence], ahead_days: float) -> list[Check]:
    """Return the check: one for all feeds, since a clock is that of a sender and not of a feed.

    Args:
        contract: the feeds.
        consequences: what each feed costs when it is missing, by feed.
        ahead_days: how many days behind the date of its delivery a row may say that it was changed.
    """
    feeds = contract.feeds.values()
    early = " union all ".join(
        _EARLY.format(feed=feed.name, key=feed.key[0], days=int(ahead_days)) for feed in feeds
    )
    counted = " + ".join(f"(select count(*) from {feed.name})" for feed in feeds)  # noqa: S608
    marts = dict.fromkeys(mart for feed in feeds for mart in consequences[feed.name].affected_marts)
    return [
        Check(
            layer="raw",
            table_name="feed_file",
            name="no_row_is_of_a_later_day_than_its_delivery",
            rule=NoRows(early),
            severity="warning",
            owner=OWNER,
            what_it_means=(
                "Rows say that they were changed days after they were delivered. Of all versions of a row "
                "the latest counts: these stand, and corrections and deletions that come later are passed "
                "over."
            ),
            what_to_do=(
                "Have the clock or the stamp of the sender put right, and the rows sent again with their "
                "true time, in files that take the place of these. Where a whole folder is dated too early, "
                "rename it."
            ),
            affected_marts=tuple(marts),
            subjects=tuple(contract.feeds),
            total_query=f"select {counted}",
            drill=Drill(early, key="row", cause="feed"),
        )
    ]
