"""Each raw feed by itself: the shape of its table, its keys, and whether it came at all and in time.

Belongs here: checks that need one feed only. Does not belong here: references between feeds
(``raw_references``), refused rows and files (``raw_deliveries``) and codes (``raw_codes``).
"""

from collections.abc import Collection, Mapping

from expectations.check import Check, HasColumns, HasRows, NoRows, NotNull, column_type_check_query
from expectations.consequences import FeedConsequence
from orchestration.feeds.contract import Contract, Feed
from orchestration.feeds.due import WEEKDAYS, Due
from orchestration.feeds.landing import FHIR, HL7V2, IDENTITY

OWNER = "data_engineering"
WHOLE_FORMATS = {FHIR: "format = 'fhir_ndjson'", HL7V2: "format = 'hl7v2'", IDENTITY: "feed = 'identity'"}
"""Folders of the landing that are no feed, and which delivered files are theirs."""


def checks(
    contract: Contract,
    consequences: Mapping[str, FeedConsequence],
    late_days: int,
    dues: Mapping[str, Due] | None = None,
    required: Collection[str] = (),
) -> list[Check]:
    """Return the checks of all feeds.

    Args:
        contract: the feeds.
        consequences: what each feed costs when it is missing, by feed.
        late_days: no feed is late before this many days.
        dues: when a feed is due, by feed, where the site says so itself; ``fhir``, ``hl7v2`` and ``identity``
            among them.
        required: what the site requires; a folder that is no feed and never due is looked for, too.
    """
    of_feeds = [
        check
        for feed in contract.feeds.values()
        for check in (
            *_structure(feed, consequences[feed.name]),
            *_keys(feed, consequences[feed.name]),
            _came(consequences[feed.name]),
            _in_time(
                feed.name,
                f"feed = '{feed.name}'",
                due_of(consequences[feed.name], late_days, dues),
                consequences[feed.name].owner,
                consequences[feed.name].affected_marts,
            ),
        )
    ]
    stated = [
        _in_time(name, own, dues[name], OWNER, (), is_absence_late=True)
        for name, own in WHOLE_FORMATS.items()
        if dues and name in dues
    ]
    asked = [
        _came_at_all(name, own)
        for name, own in WHOLE_FORMATS.items()
        if name in required and name not in (dues or {})
    ]
    return [*of_feeds, *stated, *asked]


def _structure(feed: Feed, consequence: FeedConsequence) -> list[Check]:
    columns = feed.lake_columns()
    return [
        Check(
            layer="raw",
            table_name=feed.name,
            name="has_the_columns_of_its_contract",
            rule=HasColumns(tuple(name for name, _ in columns), exact=True),
            severity="critical",
            owner=OWNER,
            what_it_means=(
                "A raw file lacks a column of the feed's contract, or has one that ingestion does not write."
            ),
            what_to_do=(
                f"Move the newest file of lake/raw/{feed.name} away and run the night again; it is "
                "read anew from the landing."
            ),
            affected_marts=consequence.affected_marts,
            is_about_emptiness=True,
        ),
        Check(
            layer="raw",
            table_name=feed.name,
            name="has_the_types_of_its_contract",
            rule=NoRows(column_type_check_query(feed.name, columns)),
            severity="critical",
            owner=OWNER,
            what_it_means="A raw file holds a column of another type than the feed's contract.",
            what_to_do=(
                f"Move the newest file of lake/raw/{feed.name} away and run the night again; it is "
                "read anew from the landing."
            ),
            affected_marts=consequence.affected_marts,
            is_about_emptiness=True,
        ),
    ]


def _keys(feed: Feed, consequence: FeedConsequence) -> list[Check]:
    return [
        Check(
            layer="raw",
            table_name=feed.name,
            name=f"{column}_is_never_missing",
            rule=NotNull(column),
            severity="critical",
            owner=OWNER,
            what_it_means=(
                "A row without its key passed ingestion, which refuses such rows: its versions "
                "cannot be told apart."
            ),
            what_to_do="Report it as a fault of ingestion, with the name of the feed and the delivery date.",
            affected_marts=consequence.affected_marts,
        )
        for column in feed.key
        if feed.column(column).required
    ]


def due_of(consequence: FeedConsequence, late_days: int, dues: Mapping[str, Due] | None) -> Due:
    """Return when a feed is due.

    Args:
        consequence: of the feed.
        late_days: no feed is late before this many days.
        dues: what the site says itself, by feed.
    """
    return (dues or {}).get(consequence.feed, Due(max(late_days, consequence.expected_every_days)))


def _came(consequence: FeedConsequence) -> Check:
    feed = consequence.feed
    return Check(
        layer="raw",
        table_name=feed,
        name="has_been_delivered",
        rule=HasRows(),
        severity="warning",
        owner=consequence.owner,
        what_it_means=f"No row of the feed {feed} has ever been accepted. {consequence.what_it_costs}",
        what_to_do=f"Ask for the feed {feed}, or accept what it costs; nothing else is held back.",
        affected_marts=consequence.affected_marts,
        is_about_emptiness=True,
    )


def _came_at_all(name: str, own: str) -> Check:
    """Return the check that something came into a folder that is no feed, of which no day is due."""
    of_folder = f"where {own} and status <> 'rejected'"
    return Check(
        layer="raw",
        table_name="feed_file",
        name=f"{name}_has_been_delivered",
        rule=NoRows(f"select 1 where not exists (select 1 from feed_file {of_folder})"),  # noqa: S608
        severity="warning",
        owner=OWNER,
        what_it_means=f"No file of {name}, which the site requires, was ever taken: nothing comes of it.",
        what_to_do=f"Ask the sender of {name}, or take it out of the required feeds of the site's profile.",
        is_about_emptiness=True,
    )


def _in_time(
    feed: str,
    own: str,
    due: Due,
    owner: str,
    affected_marts: tuple[str, ...],
    *,
    is_absence_late: bool = False,
) -> Check:
    """Return the check that the newest delivery is not late as of a date that has ended.

    Args:
        feed: or folder of the landing.
        own: SQL that holds for its files.
        due: when it is due.
        owner: who is asked.
        affected_marts: that are poorer without it.
        is_absence_late: whether it speaks of what never came, too; for feeds, another check does.
    """
    of_feed = f"where {own} and status <> 'rejected'"
    newest = f"select max(delivered_on) as delivered_on from feed_file {of_feed}"  # noqa: S608
    passed = "date_diff('day', newest.delivered_on, run_context.as_of_date)"
    if len(due.on) < len(WEEKDAYS):
        # How many of a day of the week lie before a date, counted from a Monday; the difference lies between.
        last, first = (
            f"date_diff('day', date '1900-01-01', {day})"
            for day in ("run_context.as_of_date", "newest.delivered_on")
        )
        passed = " + ".join(f"({last} - {day}) // 7 - ({first} - {day}) // 7" for day in sorted(due.on))
    is_late = f"coalesce({passed} > {due.days}, {str(is_absence_late).lower()})"
    never = " never came, or" if is_absence_late else ""
    return Check(
        layer="raw",
        table_name="feed_file",
        name=f"{feed}_is_in_time",
        rule=NoRows(f"select 1 from ({newest}) as newest, run_context where {is_late}"),  # noqa: S608
        severity="warning",
        owner=owner,
        what_it_means=(
            f"The newest delivery of the feed {feed}{never} {due.sentence()}: "
            "results rest on what was known then."
        ),
        what_to_do=f"Look for the delivery of {feed} in the landing folder, and ask its sender.",
        affected_marts=affected_marts,
        total_query=f"select count(*) from feed_file {of_feed}",  # noqa: S608
        is_about_emptiness=is_absence_late,
    )
