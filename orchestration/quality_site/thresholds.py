"""The changed thresholds of a site, as the page and the terminal show them.

Belongs here: what of a change is told. Does not belong here: what it does
(``orchestration/quality/changes.py``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from expectations.check import Check
from orchestration.quality.changes import Change, is_loosened
from orchestration.quality.findings import CheckResult
from orchestration.quality.suites import load_all_checks
from orchestration.quality_site import words


@dataclass(frozen=True)
class ChangedThreshold:
    """A change and what came of it tonight.

    Attributes:
        change: as it stands in the file.
        state: ``in force``, ``expired`` or ``not yet``.
        said: what is tolerated now, and what the rules say.
        is_loosened: whether that is more than the rules tolerate.
        tonight: what the check found; null where the night did not come to it.
    """

    change: Change
    state: str
    said: str
    is_loosened: bool
    tonight: str | None


def changed_thresholds(
    changes: Sequence[Change], results: Iterable[CheckResult], as_of: date
) -> list[ChangedThreshold]:
    """Return a line a change, those in force first; one of a check that is gone is left out."""
    if not changes:
        return []
    checks = {check.check_id: check for check in load_all_checks(as_of)}
    found = {result.check_id: result for result in results}
    lines = [
        ChangedThreshold(
            change=change,
            state=_state(change, as_of),
            said=_said(change, checks[change.check]),
            is_loosened=is_loosened(change, checks[change.check]),
            tonight=_tonight(found.get(change.check)),
        )
        for change in changes
        if change.check in checks
    ]
    return sorted(
        lines, key=lambda line: (line.state != "in force", line.change.expires_on, line.change.change)
    )


def _state(change: Change, as_of: date) -> str:
    if change.is_in_force(as_of):
        return "in force"
    return "expired" if as_of > change.expires_on else "not yet"


def _said(change: Change, check: Check) -> str:
    parts = []
    if change.at_most is not None:
        ruled = words.percent(check.threshold) if check.threshold is not None else "none"
        parts.append(f"{words.percent(change.at_most)} of the rows may fail (the rules: {ruled})")
    if change.severity is not None:
        parts.append(f"a failure is {change.severity} (the rules: {check.severity})")
    return "; ".join(parts)


def _tonight(result: CheckResult | None) -> str | None:
    if result is None:
        return None
    if result.failed_rows is None or not result.total_rows or result.status == "not_applicable":
        return result.status.replace("_", " ")
    share = words.percent(result.failed_rows / result.total_rows)
    return f"{result.failed_rows:,} of {result.total_rows:,} rows fail ({share})"
