"""Who claimed a second first: rules 13 and 14 of the ledger.

What belongs here: competition between entries that each may count. What does not: whether time may count
at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.reference.intervals import Entry
from tests.reference.moments import Moment, Span

CREDITED = "credited"
Piece = tuple[Entry, Span]


@dataclass(frozen=True)
class Loss:
    """Seconds of a piece that another entry had claimed before."""

    span: Span
    disposition: str
    lost_to_entry_id: str


def find_losses(entries: list[Entry], moments: Mapping[str, list[Moment]]) -> dict[str, list[Loss]]:
    """What each entry loses to those before it, by entry id."""
    losses: dict[str, list[Loss]] = {}
    pieces = [(entry, span) for entry in entries for span in _pieces(moments[entry.entry_id])]
    left: list[tuple[Entry, Span]] = []
    for staff_id in sorted({entry.staff_id for entry, _ in pieces}):
        own = [piece for piece in pieces if piece[0].staff_id == staff_id]
        left += _settle(own, "staff_overlap", losses)
    for patient_id in sorted({entry.patient_id for entry, _ in left}):
        _settle([piece for piece in left if piece[0].patient_id == patient_id], "patient_overlap", losses)
    return losses


def _pieces(moments: list[Moment]) -> list[Span]:
    """Maximal runs of time that no rule from 1 to 12 refused."""
    runs: list[Span] = []
    for moment in moments:
        if moment.refusal is None:
            if runs and runs[-1][1] == moment.start:
                runs[-1] = (runs[-1][0], moment.end)
            else:
                runs.append((moment.start, moment.end))
    return runs


def _settle(
    pieces: list[tuple[Entry, Span]], disposition: str, losses: dict[str, list[Loss]]
) -> list[tuple[Entry, Span]]:
    """Each piece loses what lies before the furthest end of the pieces before it; what is left comes back."""
    left: list[tuple[Entry, Span]] = []
    before: list[tuple[Entry, Span]] = []
    for entry, (start, end) in sorted(pieces, key=lambda piece: (piece[1][0], piece[0].entry_id)):
        furthest = max((span[1] for _, span in before), default=start)
        cut = min(max(start, furthest), end)
        if cut > start:
            # Of those that reach equally far, the first in the order of the pieces.
            winner = next(other for other, span in before if span[1] == furthest)
            losses.setdefault(entry.entry_id, []).append(Loss((start, cut), disposition, winner.entry_id))
        if cut < end:
            left.append((entry, (cut, end)))
        before.append((entry, (start, end)))
    return left


def fate_at(moment: Moment, second: int, losses: list[Loss]) -> tuple[str, str | None]:
    if moment.refusal:
        return moment.refusal, None
    for loss in losses:
        if loss.span[0] <= second < loss.span[1]:
            both_count = moment.policy is not None and moment.policy.flag("counts_concurrent_staff")
            if loss.disposition == "patient_overlap" and both_count:
                continue
            return loss.disposition, loss.lost_to_entry_id
    return CREDITED, None
