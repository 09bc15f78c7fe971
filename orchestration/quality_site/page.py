"""The page: one HTML file that needs no server, no script and no network.

Belongs here: what the template is given. Does not belong here: the figures, pictures and sentences (the
modules beside it).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from orchestration.publishing.status import Status
from orchestration.quality.drill import MOST_KEYS
from orchestration.quality_site import words
from orchestration.quality_site.glance import FeedLine, GateLine
from orchestration.quality_site.issues import TREND_DAYS, Issue, Queue
from orchestration.quality_site.places import Places
from orchestration.quality_site.thresholds import ChangedThreshold
from orchestration.quality_site.touched import Touched
from orchestration.quality_site.trend import trend_chart

_ANCHOR_DIGITS: Final = 8


@dataclass(frozen=True)
class IssueView:
    """An open issue with all that the page says of it."""

    issue: Issue
    touched: Touched
    places: Places
    what_fails: str
    since_when: str
    touches: Sequence[str]
    threshold: ChangedThreshold | None = None

    @property
    def threshold_text(self) -> str | None:
        """What the site tolerates otherwise than the rules, until when, and on whose word."""
        if self.threshold is None:
            return None
        change = self.threshold.change
        return (
            f"{self.threshold.said}, from {change.granted_on} until {change.expires_on} "
            f"by {change.approver} ({change.change}): {change.reason}"
        )

    @property
    def anchor(self) -> str:
        """The place of its section in the page."""
        name = f"issue-{self.issue.check_id.replace('.', '-')}"
        if self.issue.cause is None:
            return name
        return f"{name}-{hashlib.sha256(self.issue.cause.cause_id.encode()).hexdigest()[:_ANCHOR_DIGITS]}"

    @property
    def title(self) -> str:
        """What does not hold, and where."""
        return words.title(self.issue.check_id, self.issue.cause)

    @property
    def marts(self) -> list[str]:
        """The marts that are wrong or poorer."""
        return [mart for mart in self.issue.result.affected_marts.split(";") if mart]


@dataclass(frozen=True)
class SiteView:
    """All that the page shows of a night."""

    as_of: date
    status: Status
    feeds: Sequence[FeedLine]
    gates: Sequence[GateLine]
    issues: Sequence[IssueView]
    queue: Queue
    thresholds: Sequence[ChangedThreshold] = ()

    @property
    def blocking(self) -> list[IssueView]:
        """The issues that hold the publication back."""
        return [view for view in self.issues if view.issue.result.is_blocking]

    @property
    def held_marts(self) -> list[str]:
        """The marts that would be wrong, had the night been published."""
        return sorted({mart for view in self.blocking for mart in view.marts})

    @property
    def by_severity(self) -> Mapping[str, int]:
        """Open issues by severity; those that are waived stand apart."""
        counts = {"critical": 0, "warning": 0, "info": 0, "waived": 0}
        for view in self.issues:
            counts["waived" if view.issue.state == "waived" else view.issue.result.severity] += 1
        return counts

    def feeds_in(self, *states: str) -> list[FeedLine]:
        """The feeds in one of the states."""
        return [feed for feed in self.feeds if feed.state in states]

    def checks_in(self, state: str) -> int:
        """Checks of all layers with an outcome."""
        return sum(gate.counts[state] for gate in self.gates if gate.counts is not None)


def render_page(site: SiteView) -> str:
    """Return the page of a night; the same night gives the same bytes."""
    return _template().render(
        site=site, words=words, trend_days=TREND_DAYS, trend_chart=trend_chart, most_keys=MOST_KEYS
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("index.html.j2")
