"""What is missing from a landing folder, what that costs, and what stops a night.

Belongs here: gaps and stops. Does not belong here: reading the landing (``doctor``).
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time

from expectations.raw_feeds import WHOLE_FORMATS, due_of
from orchestration.doctor_findings import Delivered, Gap, State
from orchestration.feeds.due import Due, awaited
from orchestration.feeds.landing import FHIR
from orchestration.quality.suites import load_feed_rules


def gaps_of(
    as_of: date,
    delivered: Iterable[Delivered],
    required: Iterable[str],
    dues: Mapping[str, Due],
    at: datetime | None,
) -> tuple[Gap, ...]:
    """Return the feeds that are not there, or not in time, those that stop a night first.

    Args:
        as_of: the date that is judged.
        delivered: what came.
        required: what the site requires.
        dues: when feeds are due, where the site says so.
        at: the moment, in the site's zone; None judges a date that has ended.
    """
    listed, wanted = list(delivered), set(required)
    consequences, late_days = load_feed_rules(as_of)
    newest: dict[str, date] = {}
    came: set[str] = set()
    for part in listed:
        for name in {part.feed, part.folder}:
            came.add(name)
            if part.rows_accepted:
                newest[name] = max(part.read_on, newest.get(name, part.read_on))
    costs = {feed: (due_of(rule, late_days, dues), rule.what_it_costs) for feed, rule in consequences.items()}
    costs |= {name: (dues[name], "Nothing comes of it.") for name in WHOLE_FORMATS if name in dues}
    gaps = []
    for feed, (due, cost) in costs.items():
        last = newest.get(feed)
        if last is not None and not due.is_late(last, as_of, at):
            continue
        state: State = "late" if last else "refused" if feed in came else "missing"
        gaps.append(Gap(feed, state, last, due, cost, feed in wanted, last is None and feed in wanted))
    order = {"missing": 1, "refused": 0, "late": 2}
    return tuple(sorted(gaps, key=lambda gap: (not gap.is_stop, order[gap.state], not gap.is_required)))


def required_in_fhir(delivered: Iterable[Delivered], required: Iterable[str]) -> tuple[str, ...]:
    """Return the required feeds that have rows out of FHIR and no file of their own."""
    formats: dict[str, set[str]] = {}
    for part in delivered:
        formats.setdefault(part.feed, set()).add(part.folder)
    return tuple(feed for feed in required if formats.get(feed) == {FHIR})


def awaited_of(
    delivered: Iterable[Delivered], dues: Mapping[str, Due], at: datetime | None
) -> tuple[tuple[str, time], ...]:
    """Return the feeds whose delivery of today has not come and may still come in time, with the time."""
    if at is None:
        return ()
    came = {name for part in delivered if part.last_on == at.date() for name in (part.feed, part.folder)}
    return tuple((feed, by) for feed in awaited(dues, came, at) if (by := dues[feed].by))


def stops_of(delivered: Iterable[Delivered], gaps: Iterable[Gap], required: Iterable[str]) -> tuple[str, ...]:
    """Return what would stop a night, a sentence each."""
    listed = list(delivered)
    if not listed:
        return ("Nothing has been delivered: files belong in <feed>/<YYYY-MM-DD>/.",)
    if not any(part.rows_accepted for part in listed):
        return ("No row of any file would be taken.",)
    stops = [
        f"The required feed {gap.feed} has no row that would be taken."
        for gap in gaps
        if gap.is_stop and gap.feed not in WHOLE_FORMATS
    ]
    came = {part.folder for part in listed if part.rows_accepted}
    stops += [
        f"Nothing that would be taken came as {name}, which is required."
        for name in WHOLE_FORMATS
        if name in required and name not in came
    ]
    return tuple(stops)
