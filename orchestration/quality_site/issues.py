"""The queue: one issue a check and cause, from the night it was first seen to the night it is mended.

Belongs here: opening, closing and ordering issues, and their trend. Does not belong here: reading records
(``record``), what an issue touches (``touched``) and how it is shown (``page``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

from orchestration.quality.findings import CauseCount, CheckResult
from orchestration.quality.waivers import Waivers
from orchestration.quality_site.record import NightRecord

TREND_DAYS: Final = 90
SEVERITIES: Final = ("critical", "warning", "info")

Trend = Literal["new", "growing", "shrinking", "steady"]
Key = tuple[str, str]
"""Names an issue: the check and the id of the cause, which is blank where the check has one cause alone."""


@dataclass(frozen=True)
class Point:
    """The failed rows of an issue on a business date; null where the check could not be run."""

    on: date
    failed_rows: int | None


@dataclass(frozen=True)
class Issue:
    """An open issue.

    Attributes:
        result: what the check found when it last looked, over all causes.
        cause: the cause and its rows; null where the check has one cause alone.
        first_seen_on: the first business date of the unbroken line of nights in which it failed.
        last_seen_on: the last business date on which it failed.
        age_days: days from the first date to the business date.
        nights_seen: recorded nights of that line in which it failed.
        trend: how the number of failed rows has gone within the line and the last ``TREND_DAYS``.
        points: of the last ``TREND_DAYS`` business dates, earlier lines of the same issue included.
        waiver_text: what the waivers say of it; null where none is about it.
    """

    result: CheckResult
    first_seen_on: date
    last_seen_on: date
    age_days: int
    nights_seen: int
    trend: Trend
    points: tuple[Point, ...]
    waiver_text: str | None
    cause: CauseCount | None = None

    @property
    def check_id(self) -> str:
        """The check."""
        return self.result.check_id

    @property
    def failed_rows(self) -> int | None:
        """The rows that fail because of the cause."""
        return self.result.failed_rows if self.cause is None else self.cause.failed_rows

    @property
    def state(self) -> str:
        """What it does: ``holds back``, ``waived`` or ``open``."""
        if self.result.is_blocking:
            return "holds back"
        return "waived" if self.result.waiver_id else "open"


@dataclass(frozen=True)
class Closed:
    """An issue that has ended: ``is_mended`` is false where there was nothing left to look at."""

    result: CheckResult
    first_seen_on: date
    closed_on: date
    is_mended: bool
    cause: CauseCount | None = None


@dataclass(frozen=True)
class Queue:
    """All open issues, the most urgent first, and those that closed within the last ``TREND_DAYS``."""

    as_of: date
    issues: tuple[Issue, ...]
    closed: tuple[Closed, ...]


@dataclass
class _Line:
    """An unbroken line of failing nights of one check and cause."""

    first: date
    nights: list[tuple[date, CheckResult, CauseCount | None]] = field(default_factory=list)


def build_queue(records: Sequence[NightRecord], waivers: Waivers, as_of: date) -> Queue:
    """Return the queue of a business date.

    A check that passes closes its issues, and one that finds nothing of a cause any more that cause's. A
    night that did not come to a check, or could not run it, leaves them as they are.

    Args:
        records: of all nights up to the date, the oldest first.
        waivers: of the site.
        as_of: the business date.
    """
    window_from = as_of - timedelta(days=TREND_DAYS - 1)
    lines: dict[Key, _Line] = {}
    points: dict[Key, list[Point]] = {}
    closed: list[Closed] = []
    for record in records:
        for key in [key for key in lines if _is_over(key, record)]:
            closed.append(_close(lines.pop(key), record))
        for check_id, result in record.failing.items():
            _follow(lines, check_id, result, record.as_of)
            for key, cause in _causes(check_id, result).items():
                lines[key].nights.append((record.as_of, result, cause))
                if record.as_of >= window_from:
                    rows = result.failed_rows if cause is None else cause.failed_rows
                    points.setdefault(key, []).append(Point(record.as_of, rows))
    issues = [_issue(line, points.get(key, []), waivers, as_of) for key, line in lines.items()]
    return Queue(
        as_of=as_of,
        issues=tuple(sorted(issues, key=_urgency)),
        closed=tuple(
            sorted(
                (one for one in closed if one.closed_on >= window_from),
                key=lambda one: (-one.closed_on.toordinal(), one.result.check_id, _cause_id(one.cause)),
            )
        ),
    )


def _cause_id(cause: CauseCount | None) -> str:
    return "" if cause is None else cause.cause_id


def _causes(check_id: str, result: CheckResult) -> dict[Key, CauseCount | None]:
    """The issues that a failing check is, by their names."""
    if not result.causes:
        return {(check_id, ""): None}
    return {(check_id, cause.cause_id): cause for cause in result.causes}


def _is_over(key: Key, record: NightRecord) -> bool:
    """Whether a night has looked for an open issue and has not found it."""
    check_id, cause_id = key
    result = record.failing.get(check_id)
    if result is None:
        return record.has_looked_at(check_id)
    # An error says nothing of causes, and a check that tells none has not told them apart.
    return bool(cause_id) and bool(result.causes) and key not in _causes(check_id, result)


def _follow(lines: dict[Key, _Line], check_id: str, result: CheckResult, as_of: date) -> None:
    """Have a line for each issue of a failing check.

    Where a check begins to tell its causes, they go on from the line that it had; where it ends to, that line
    goes on from the oldest of theirs. Neither is a fault that has come or gone.
    """
    told = [key for key in lines if key[0] == check_id and key[1]]
    former: list[_Line] = []
    if result.causes:
        undivided = lines.pop((check_id, ""), None)
        former = [undivided] if undivided is not None and not told else []
    elif result.status == "failed":
        former = [lines.pop(key) for key in told]
    oldest = min(former, key=lambda line: line.first, default=None)
    for key in _causes(check_id, result):
        if key not in lines:
            lines[key] = _Line(as_of) if oldest is None else _Line(oldest.first, list(oldest.nights))


def _close(line: _Line, record: NightRecord) -> Closed:
    _, result, cause = line.nights[-1]
    return Closed(result, line.first, record.as_of, result.check_id not in record.not_applicable, cause)


def _issue(line: _Line, points: Sequence[Point], waivers: Waivers, as_of: date) -> Issue:
    last_seen_on, result, cause = line.nights[-1]
    of_line = [point for point in points if point.on >= line.first]
    return Issue(
        result=result,
        first_seen_on=line.first,
        last_seen_on=last_seen_on,
        age_days=(as_of - line.first).days,
        nights_seen=len(line.nights),
        trend=_trend(of_line, is_new=line.first == as_of),
        points=tuple(points),
        waiver_text=_waiver_text(result, waivers, as_of),
        cause=cause,
    )


def _trend(points: Sequence[Point], *, is_new: bool) -> Trend:
    if is_new:
        return "new"
    counted = [point.failed_rows for point in points if point.failed_rows is not None]
    if not counted or counted[-1] == counted[0]:
        return "steady"
    return "growing" if counted[-1] > counted[0] else "shrinking"


def _waiver_text(result: CheckResult, waivers: Waivers, as_of: date) -> str | None:
    about = waivers.of_check(result.check_id)
    if not about:
        return None
    waiver = next((one for one in about if one.waiver == result.waiver_id), about[0])
    if waiver.waiver == result.waiver_id:
        return f"Waived until {waiver.expires_on} by {waiver.approver} ({waiver.waiver}): {waiver.reason}"
    if as_of > waiver.expires_on:
        return f"The waiver {waiver.waiver} expired on {waiver.expires_on}; the check fails again."
    if not waiver.is_in_force(as_of):
        return f"The waiver {waiver.waiver} holds from {waiver.granted_on}."
    return f"The waiver {waiver.waiver} does not cover this failure; its scope is smaller."


def _urgency(issue: Issue) -> tuple[bool, bool, int, date, str, int, str]:
    result = issue.result
    return (
        not result.is_blocking,
        result.waiver_id is not None,
        SEVERITIES.index(result.severity),
        issue.first_seen_on,
        result.check_id,
        -(issue.failed_rows or 0),
        _cause_id(issue.cause),
    )
