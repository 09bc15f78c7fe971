"""When rows say that they were changed, where that hides other versions of them for good.

Versions are ordered by ``updated_at``, blank first, before the delivery date. So a row that is ahead of its
delivery hides what comes later, and a correction or a deletion that does not say when it was made stays
behind an earlier one that does.
Belongs here: ``updated_at`` of rows of files; a check for all feeds, since a clock is that of a sender, and a
check of a gate costs more than its query. None holds a night back. Does not belong here: the order itself
(``version_order``, and the models' macros), when messages were sent (``raw_messages``), and whether
deliveries come in time (``raw_feeds``).
"""

from collections.abc import Mapping
from typing import Final

from expectations.check import Check, Drill, NoRows
from expectations.consequences import FeedConsequence, affected_by
from orchestration.feeds.contract import Contract, Feed

_EARLY: Final = (
    "select '{feed}' as cause, {key} as row_key, _source_file as place from {feed} "
    "where updated_at >= _delivered_on + interval {days} day and not starts_with(_source_file, 'hl7v2/')"
)


def checks(contract: Contract, consequences: Mapping[str, FeedConsequence], ahead_days: float) -> list[Check]:
    """Return the checks.

    Args:
        contract: the feeds.
        consequences: what each feed costs when it is missing, by feed.
        ahead_days: how many days behind the date of its delivery a row may say that it was changed.
    """
    feeds = contract.feeds.values()
    counted = " + ".join(f"(select count(*) from {feed.name})" for feed in feeds)  # noqa: S608

    def of_all_feeds(name: str, failing: str, what_it_means: str, what_to_do: str) -> Check:
        return Check(
            layer="raw",
            table_name="feed_file",
            name=name,
            rule=NoRows(failing),
            severity="warning",
            owner="ehr_interfaces",
            what_it_means=what_it_means,
            what_to_do=what_to_do,
            affected_marts=affected_by(consequences, contract.feeds),
            subjects=tuple(contract.feeds),
            total_query=f"select {counted}",
            drill=Drill(failing, key="row", cause="feed"),
        )

    return [
        of_all_feeds(
            "no_row_is_of_a_later_day_than_its_delivery",
            " union all ".join(
                _EARLY.format(feed=feed.name, key=feed.key[0], days=int(ahead_days)) for feed in feeds
            ),
            "Rows say that they were changed days after they were delivered. Of all versions of a row "
            "the latest counts: these stand, and corrections and deletions that come later are passed "
            "over.",
            "Have the clock or the stamp of the sender put right, and the rows sent again with their "
            "true time, in files that take the place of these. Where a whole folder is dated too early, "
            "rename it.",
        ),
        of_all_feeds(
            "later_versions_say_when_they_were_changed",
            " union all ".join(f"(from ({_passed_over(feed)}))" for feed in feeds),
            "Rows were delivered again, corrected or deleted, without updated_at; an earlier version of "
            "them has one. The earlier one counts, in all nights to come: what was withdrawn stands.",
            "Have updated_at sent with every version of a row, deletions included, or with none; then "
            "have these rows sent once more.",
        ),
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
