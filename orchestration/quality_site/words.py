"""An issue in plain words: what fails, since when, what it touches. Numbers as people read them.

Belongs here: sentences. Does not belong here: the figures in them (``issues``, ``touched``, ``glance``).
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from orchestration.quality.findings import CauseCount
from orchestration.quality_site.glance import FeedLine
from orchestration.quality_site.issues import Issue
from orchestration.quality_site.touched import Touched, feed_of

_MANY_TEAMS: Final = 3
_IN_TIME: Final = "_is_in_time"
_DELIVERED: Final = "has_been_delivered"
_PERCENT: Final = 100
_TWO_DIGITS: Final = 10
_TITLES: Final = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"(.+)_is_in_time", "{0} is late"),
        (r"has_been_delivered", "{table} has not come"),
        (r"few_rows_of_(.+)_are_refused", "{0}: rows are refused"),
        (r"no_file_of_(.+)_is_refused", "{0}: a file is refused"),
        (r"all_columns_of_(.+)_are_known", "{0}: a column is not known"),
        (r"codes_of_(.+)_have_a_map", "{0}: codes have no map"),
        (r"visits_have_a_practitioner", "visits without a practitioner"),
        (r"newest_deliveries_have_the_usual_size", "a delivery is of an unusual size"),
        (r"expected_amount_is_known", "claim candidates without an amount"),
        (r"npi_is_valid", "practitioners without a valid NPI"),
        (r"no_([a-z_]+)", "{table}: {words[0]}"),
        (r"(.+)_is_known", "{table}: {0} is not known"),
        (r"(.+)_has_a_rule", "{table}: {0} has no rule"),
        (r"(.+)_is_valid", "{table}: {0} is not valid"),
        (r"(.+)_is_never_missing", "{table}: {0} is missing"),
    )
)

_FAILURES: Final = tuple(
    (re.compile(pattern), one, many)
    for pattern, one, many in (
        (
            r"(.+_id)_is_known",
            "has {0} that has not been delivered",
            "have {0} that has not been delivered",
        ),
        (
            r"(.+)_has_a_rule",
            "has {0} that the rules do not know",
            "have {0} that the rules do not know",
        ),
        (r"codes_of_.+_have_a_map", "carries a code without a map", "carry a code without a map"),
        (r"visits_have_a_practitioner", "has no practitioner", "have no practitioner"),
        (r"npi_is_valid", "has no valid NPI", "have no valid NPI"),
        (r"expected_amount_is_known", "has no known amount", "have no known amount"),
        (r"newest_deliveries_have_the_usual_size", "is of an unusual size", "are of an unusual size"),
    )
)
_NOUNS: Final[Mapping[str, tuple[str, str]]] = {
    "visits_have_a_practitioner": ("visit", "visits"),
    "npi_is_valid": ("practitioner", "practitioners"),
    "expected_amount_is_known": ("claim candidate", "claim candidates"),
    "newest_deliveries_have_the_usual_size": ("delivery", "deliveries"),
}
_CAUSES: Final[Mapping[str, str]] = {
    "team": " of {0}",
    "file": " in {0}",
    "feed": " of {0}",
    "feed and column": " of {0}",
    "reason": " for {0}",
}
_PROGRAMS: Final[Mapping[str, str]] = {"pcbh": "PCBH", "cocm": "CoCM"}


def count_of(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: ``1 row``, ``6,238 rows``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def percent(share: float) -> str:
    """A share (0 to 1) as people write it: ``17 %``, ``3.3 %``, ``0.03 %``."""
    number = _PERCENT * share
    return f"{number:.0f} %" if number >= _TWO_DIGITS else f"{number:.2g} %"


def day(on: date) -> str:
    """A date as people write it: ``30 June 2026``."""
    return f"{on.day} {on:%B %Y}"


def title(check_id: str, cause: CauseCount | None = None) -> str:
    """What does not hold where a check fails, and where: ``panel is late``, ``... (North)``."""
    return _title(check_id) if cause is None else f"{_title(check_id)} ({cause.name})"


def _title(check_id: str) -> str:
    _, table, name = (*check_id.split(".", 2), "", "")[:3]
    for pattern, said in _TITLES:
        found = pattern.fullmatch(name)
        if found:
            words = [group.replace("_", " ") for group in found.groups()]
            return said.format(*found.groups(), table=table, words=words)
    sentence = name.rpartition(".")[2].removeprefix("assert_").replace("_", " ")
    return f"{table}: expected “{sentence}”" if name else check_id


def what_fails(issue: Issue, feeds: Mapping[str, FeedLine]) -> str:
    """Say what the check found when it last looked."""
    result = issue.result
    feed = feeds.get(feed_of(result.check_id, feeds))
    if result.status == "error":
        return "The check could not be run, so nobody knows whether this is right."
    if feed is not None and result.check_id.endswith(_IN_TIME):
        newest = f"is of {day(feed.last_delivery_on)}" if feed.last_delivery_on else "is not known"
        return f"The newest delivery of {feed.feed} {newest}."
    if feed is not None and result.check_id.endswith(_DELIVERED):
        return f"No row of {feed.feed} has come." if feed.rows == 0 else f"{feed.feed} is empty."
    rows = issue.failed_rows
    if not rows:
        return f"{result.table_name} is not as expected."
    if feed is not None:
        what = count_of(rows, "file" if result.table_name == "feed_file" else "row")
        return f"{what} of {feed.feed} {_be(rows)} refused{_because(issue.cause)}{_of_all(issue)}."
    name = result.check_id.rpartition(".")[2]
    for pattern, one, many in _FAILURES:
        found = pattern.fullmatch(name)
        if found:
            said = (one if rows == 1 else many).format(*map(_a, found.groups()))
            break
    else:
        said = f"{_be(rows)} concerned"
    noun = count_of(rows, *_NOUNS.get(name, (f"row of {result.table_name}", f"rows of {result.table_name}")))
    return f"{noun}{_because(issue.cause)} {said}{_of_all(issue)}."


def since_when(issue: Issue, as_of: date) -> str:
    """Say how long the issue has been open, and how it has gone."""
    if issue.trend == "new":
        return "New tonight."
    nights = count_of(issue.nights_seen, "night")
    age = count_of(issue.age_days, "day")
    said = f"Open for {age}, since {day(issue.first_seen_on)}; seen in {nights}."
    counted = [point.failed_rows for point in issue.points if point.failed_rows is not None]
    if issue.trend != "steady" and counted:
        said = f"{said} It is {issue.trend}, to {counted[-1]:,} now."
    if issue.last_seen_on != as_of:
        said = f"{said} The last night did not come to this check."
    return said


def what_it_touches(touched: Touched) -> list[str]:
    """Say what rests on it in what readers have; nothing where nothing is known to."""
    said = []
    together = " in all its causes together" if touched.is_of_all_causes else ""
    if touched.candidates:
        candidates = count_of(touched.candidates, "claim candidate")
        verb = _be(touched.candidates)
        checks = ", ".join(touched.claim_checks)
        said.append(
            f"{candidates} {verb} held by {checks}, which rests on this{together}{_dollars(touched)}."
        )
        said.append(f"Held by team: {teams(touched.by_team)}.")
    if touched.hours:
        reasons = ", ".join(touched.dispositions)
        said.append(f"{touched.hours:,.1f} hours of work are not credited ({reasons}){together}.")
    if touched.metrics:
        said.append(f"This is missing from {', '.join(map(metric, touched.metrics))}.")
    return said


def metric(metric_id: str) -> str:
    """A metric as people call it: ``unique patients per day (PCBH)``."""
    program, _, name = metric_id.partition("_")
    if program not in _PROGRAMS:
        return metric_id.replace("_", " ")
    return f"{name.replace('_', ' ')} ({_PROGRAMS[program]})"


def _a(name: str) -> str:
    return f"an {name}" if name[0] in "aeio" else f"a {name}"


def _because(cause: CauseCount | None) -> str:
    return "" if cause is None else _CAUSES.get(cause.kind, " ({0})").format(cause.name)


def _be(number: int) -> str:
    return "is" if number == 1 else "are"


def _of_all(issue: Issue) -> str:
    """Of how many, which share that is, and how much of it is tolerated; causes are parts of a check."""
    result = issue.result
    if not result.total_rows or result.failed_rows is None:
        return ""
    limit = f"; the site tolerates {percent(result.threshold)}" if result.threshold is not None else ""
    share = percent(result.failed_rows / result.total_rows)
    if issue.failed_rows != result.failed_rows:
        return f"; in all {result.failed_rows:,} of {result.total_rows:,} ({share}{limit})"
    return f", of {result.total_rows:,} ({share}{limit})"


def _dollars(touched: Touched) -> str:
    known = f", {touched.amount_usd:,.2f} dollars in all" if touched.amount_usd else ""
    if not touched.without_amount:
        return known
    return f"{known}; the amount of {touched.without_amount:,} is not known"


def teams(by_team: Mapping[str, int]) -> str:
    """Numbers by team, the largest first, the small ones together: ``North 41, South 2``."""
    named = list(by_team.items())
    said = [f"{team} {number:,}" for team, number in named[:_MANY_TEAMS]]
    if len(named) > _MANY_TEAMS:
        others = sum(number for _, number in named[_MANY_TEAMS:])
        said.append(f"{count_of(len(named) - _MANY_TEAMS, 'other team')} {others:,}")
    return ", ".join(said)
