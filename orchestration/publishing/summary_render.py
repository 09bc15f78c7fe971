"""The night's summary for a terminal. Public: ``render_summary``, ``render_status``.

Belongs here: tables and words around figures. Does not belong here: any figure.
"""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestration.publishing.status import Status
from orchestration.publishing.summary import NightSummary

_MOST_LINES = 12
"""Lines of a part of the summary; the marts have the rest."""


def render_summary(summary: NightSummary, *, how_to_open_ui: str | None = None) -> RenderableType:
    """The whole summary.

    Args:
        summary: what ``summarize`` returned.
        how_to_open_ui: the command that opens the web interface, where there is one.
    """
    parts: list[RenderableType] = [
        Text(
            f"Warm Handoff, business date {summary.as_of_date}, generation {summary.generation}", style="bold"
        ),
        render_status(summary.status),
        *_feeds(summary),
        *_quarantine(summary),
        *_checks(summary),
        *_minutes(summary),
        *_candidates(summary),
        Text("\nWhere everything lies", style="bold"),
        *(Text(f"  {what}: {path}", overflow="fold") for what, path in summary.places.items()),
    ]
    if how_to_open_ui:
        parts.append(Text(f"Web interface: {how_to_open_ui}"))
    return Group(*parts)


def render_status(status: Status) -> RenderableType:
    """What readers have, and what is held back, in a few lines."""
    now = f"Readers have {status.current.name}" if status.current else "Nothing is published yet"
    if status.stale_since:
        now += f", stale since {status.stale_since}"
    lines = [Text(f"{now}.")]
    if status.rolled_back_from:
        lines.append(Text(f"An operator rolled back from {status.rolled_back_from}.", style="yellow"))
    if status.held_back:
        lines.append(
            Text(f"Held back since {status.held_back.since}: {status.held_back.reason}", style="red")
        )
        for check in status.held_back.failed_checks:
            lines.append(Text(f"  {check.check_id}: {check.what_it_means or check.status}"))
            if check.what_to_do:
                lines.append(Text(f"    what to do: {check.what_to_do}", style="dim"))
    return Group(*lines)


def render_damage(problems: Sequence[str]) -> RenderableType:
    """What is wrong with the files that readers have, and what to do; nothing where they are whole."""
    lines = [f"  {problem}" for problem in problems[:_MOST_LINES]]
    if len(problems) > _MOST_LINES:
        lines.append(f"  and {len(problems) - _MOST_LINES} more")
    told = "Published files are damaged: warmhandoff nightly makes them anew, warmhandoff rollback goes back"
    return Text("".join(f"{line}\n" for line in [told, *lines]) if problems else "", style="red")


def _feeds(summary: NightSummary) -> list[RenderableType]:
    lines = [
        [
            line.feed,
            line.files,
            line.rows_read,
            line.rows_accepted,
            line.rows_quarantined,
            line.last_delivery_on,
        ]
        for line in summary.feeds
        if line.files
    ]
    absent = [line.feed for line in summary.feeds if not line.files]
    parts = _table(
        "Feeds read", ["feed", "files", "rows read", "accepted", "quarantined", "last delivery"], lines
    )
    if absent:
        parts.append(Text(f"Never delivered: {', '.join(absent)}", style="dim"))
    return parts


def _quarantine(summary: NightSummary) -> list[RenderableType]:
    lines = [[reason, records] for reason, records in summary.quarantined.items()]
    return _table("Rows quarantined, and why", ["reason", "rows"], lines, where="dq_quarantine")


def _checks(summary: NightSummary) -> list[RenderableType]:
    lines = [
        [line.layer, line.severity, line.passed, line.failed, line.error, line.not_applicable]
        for line in summary.checks
    ]
    header = ["layer", "severity", "passed", "failed", "error", "not applicable"]
    failed = [[line.check_id, line.severity, line.failed_rows] for line in summary.failed_checks]
    return [
        *_table("Checks", header, lines),
        *_table("Checks that did not pass", ["check", "severity", "rows"], failed, where="dq_finding"),
    ]


def _minutes(summary: NightSummary) -> list[RenderableType]:
    lines = [[line.disposition, f"{line.seconds / 60:,.1f}", line.entries] for line in summary.minutes]
    return _table("Minutes credited and lost", ["disposition", "minutes", "entries"], lines)


def _candidates(summary: NightSummary) -> list[RenderableType]:
    lines = [
        [line.status, line.candidates, f"{line.amount_usd:,.2f}", line.without_rate]
        for line in summary.candidates
    ]
    return _table("Claim candidates", ["status", "candidates", "USD", "rate unknown"], lines)


def _table(
    title: str,
    header: Sequence[str],
    lines: Sequence[Sequence[object]],
    *,
    most: int = _MOST_LINES,
    where: str | None = None,
) -> list[RenderableType]:
    """A titled table, cut where it is long; nothing where it would be empty."""
    if not lines:
        return []
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
    for position, name in enumerate(header):
        table.add_column(name, justify="right" if position else "left", no_wrap=position > 0, overflow="fold")
    for line in lines[:most]:
        table.add_row(*(Text(_cell(value)) for value in line))
    more = len(lines) - most
    note = [Text(f"and {more} more in {where or 'the marts'}", style="dim")] if more > 0 else []
    return [Text(f"\n{title}", style="bold"), table, *note]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)
