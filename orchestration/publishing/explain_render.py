"""Answers of ``explain`` for a terminal. Public: ``render_entry``, ``render_candidate``.

Belongs here: tables and words around facts. Does not belong here: any fact.
"""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestration.publishing.answers import (
    CandidateExplanation,
    CheckAnswer,
    EntryExplanation,
    PolicyRow,
    SegmentAnswer,
)

_STATUS_WORDS = {
    "ready": "every check passes; it can be sent",
    "review": "someone has to look at it before it is sent",
    "held": "a blocking check fails",
    "in_progress": "the month is not over",
    "submitted": "a claim of this kind was already sent",
    "not_billable": "no code was reached, or another program of the month was kept",
}
_OUTCOME_STYLES = {"pass": "green", "fail": "red", "not_applicable": "dim"}


def render_entry(answer: EntryExplanation) -> RenderableType:
    """A time entry's pieces, with the reason of each."""
    parts: list[RenderableType] = [
        Text(f"Entry {answer.entry_id}", style="bold"),
        Text(
            f"patient {answer.patient_id}, staff {answer.staff_id}, activity {answer.activity_code}\n"
            f"{minutes(answer.worked_seconds)} min worked, {minutes(answer.credited_seconds)} min credited "
            f"(generation {answer.generation})"
        )
        if answer.segments
        else Text("No row of this entry was accepted."),
    ]
    if answer.segments:
        parts.append(_segments(answer.segments, with_entry=False))
    for segment in answer.segments:
        parts.append(Text(f"{segment.segment_number}. {segment.sentence}"))
        rule = f"   rule: {segment.disposition}, {segment.source}; policy {segment.policy_version or 'none'}"
        parts.append(Text(rule, style="dim"))
        parts += [
            Text(
                f"   evidence: {one.kind} {one.id}{f', {one.on}' if one.on else ''}: {one.text}", style="dim"
            )
            for one in segment.evidence
        ]
    parts += [
        Text(
            f"Rejected: row {row.row_number} of {row.source_file}, delivered {row.delivery_on}: {row.reason}",
            style="yellow",
        )
        for row in answer.rejected_rows
    ]
    parts += _policies(answer.policies)
    if answer.candidate_ids:
        parts.append(Text(f"Supports claim candidates: {', '.join(answer.candidate_ids)}"))
    return Group(*parts)


def render_candidate(answer: CandidateExplanation) -> RenderableType:
    """A claim candidate's status, its checks, and the time that makes it."""
    code = f"{answer.procedure_code} x {answer.units}" if answer.procedure_code else "no code reached"
    amount = f"{answer.expected_amount_usd} USD" if answer.expected_amount_usd is not None else "rate unknown"
    facts = [
        f"{code}, {answer.status}: {_STATUS_WORDS.get(answer.status, '')}",
        f"patient {answer.patient_id}, {answer.program}, {answer.service_month:%Y-%m} "
        f"({answer.month_type or 'no time'}), date of service {answer.date_of_service}",
        f"{answer.credited_minutes} min credited, {answer.unbilled_minutes or 0} min beyond the last code, "
        f"payer {answer.payer_id or 'none'}, billing NPI {answer.billing_npi or 'none'}, {amount}",
    ]
    if answer.suppressed_by:
        facts.append(f"another program of the same month was kept: {answer.suppressed_by}")
    if answer.sibling_ids:
        facts.append(f"same month and program: {', '.join(answer.sibling_ids)}")
    if answer.uncredited_seconds:
        lost = ", ".join(f"{minutes(time)} min {name}" for name, time in answer.uncredited_seconds.items())
        facts.append(f"not credited in the month: {lost}")
    parts: list[RenderableType] = [
        Text(f"Claim candidate {answer.candidate_id}", style="bold"),
        Text("\n".join(facts)),
        _checks(answer.checks),
        _segments(answer.segments, with_entry=True),
    ]
    parts += _policies([answer.policy] if answer.policy else [])
    parts.append(Text(f"Generation {answer.generation}", style="dim"))
    return Group(*parts)


def minutes(seconds: int) -> str:
    """Seconds as minutes with one decimal, without a needless nought."""
    return f"{seconds / 60:.1f}".removesuffix(".0")


def _segments(segments: Sequence[SegmentAnswer], *, with_entry: bool) -> Table:
    """The pieces; of a claim, which all count, their entries; of an entry, what became of each."""
    first, last = (["entry"], []) if with_entry else ([], ["disposition"])
    table = _table(*first, "piece", "time (UTC)", "day", "minutes", *last)
    for segment in segments:
        cells = [
            str(segment.segment_number),
            f"{segment.started_at:%Y-%m-%d %H:%M:%S}-{segment.ended_at:%H:%M:%S}",
            str(segment.service_on),
            minutes(segment.seconds),
        ]
        table.add_row(*map(Text, [segment.entry_id, *cells] if with_entry else [*cells, segment.disposition]))
    return table


def _checks(checks: Sequence[CheckAnswer]) -> Table:
    table = _table("check", "outcome", "what it says")
    table.columns[-1].no_wrap = False
    for check in checks:
        says = Text(check.explanation)
        if check.outcome == "fail":
            says.append(
                f" ({check.severity}; {check.who_can_fix or 'nobody named'} can fix it)", style="bold"
            )
        if check.evidence_id:
            on = f", {check.evidence_on}" if check.evidence_on else ""
            says.append(f"\n{check.evidence_kind} {check.evidence_id}{on}", style="dim")
        outcome = Text(check.outcome.replace("_", " "), style=_OUTCOME_STYLES.get(check.outcome, ""))
        table.add_row(Text(check.check_id), outcome, says)
    return table


def _table(*names: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
    for name in names:
        table.add_column(name, no_wrap=True, justify="right" if name in {"piece", "minutes"} else "left")
    return table


def _policies(policies: Sequence[PolicyRow]) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for one in policies:
        period = f"{one.valid_from} to {one.valid_to or 'open'}"
        parts.append(Text(f"Policy {one.version} (payer {one.payer_id}, {period}, {one.confidence})"))
        parts += [Text(f"   source: {source.strip()}", style="dim") for source in one.source.split(" ; ")]
    return parts


def print_answer(answer: EntryExplanation | CandidateExplanation, console: Console | None = None) -> None:
    """Print an answer to a terminal, or to the console given."""
    rendered = render_entry(answer) if isinstance(answer, EntryExplanation) else render_candidate(answer)
    (console or Console()).print(rendered, soft_wrap=False)
