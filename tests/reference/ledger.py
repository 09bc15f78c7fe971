"""From entries to segments: what became of every second.

What belongs here: rule 4 of the ledger. What does not: the month that the seconds add up to.
"""

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from tests.reference.clinic import Clinic, Record
from tests.reference.intervals import Entry
from tests.reference.moments import Moment, Moments
from tests.reference.overlaps import Loss, fate_at, find_losses
from tests.reference.rules import Policy


@dataclass(frozen=True)
class Segment:
    """A maximal run of one entry's seconds that share one fate."""

    entry: Entry
    number: int
    start: int
    end: int
    day: date
    zone: str
    disposition: str
    episode: Record | None
    payer_id: str | None
    policy: Policy | None
    staff_role: str | None
    lost_to_entry_id: str | None

    @property
    def seconds(self) -> int:
        """How long it is."""
        return self.end - self.start

    @property
    def month(self) -> date:
        """First day of the local service month."""
        return self.day.replace(day=1)


def write_ledger(clinic: Clinic, entries: list[Entry]) -> list[Segment]:
    """The segments of all entries."""
    judge = Moments(clinic, entries)
    moments = {entry.entry_id: judge.of_entry(entry) for entry in entries}
    losses = find_losses(entries, moments)
    return [
        segment
        for entry in entries
        for segment in _segments(
            clinic, judge, entry, moments[entry.entry_id], losses.get(entry.entry_id, [])
        )
    ]


def _segments(
    clinic: Clinic, judge: Moments, entry: Entry, moments: list[Moment], losses: list[Loss]
) -> list[Segment]:
    borders = {border for loss in losses for border in loss.span}
    found: list[Segment] = []
    for moment in moments:
        cuts = sorted(
            {moment.start, moment.end} | {cut for cut in borders if moment.start < cut < moment.end}
        )
        for start, end in pairwise(cuts):
            disposition, lost_to = fate_at(moment, start, losses)
            segment = Segment(
                entry=entry,
                number=len(found) + 1,
                start=start,
                end=end,
                day=moment.day,
                zone=moment.zone,
                disposition=disposition,
                episode=moment.episode,
                payer_id=clinic.primary_payer(entry.patient_id, moment.day),
                policy=moment.policy,
                staff_role=judge.staff_role(entry, moment),
                lost_to_entry_id=lost_to,
            )
            if found and _is_same(found[-1], segment):
                segment = _joined(found.pop(), segment)
            found.append(segment)
    return found


def _is_same(one: Segment, other: Segment) -> bool:
    def fate(segment: Segment) -> tuple[object, ...]:
        return (
            segment.day,
            segment.disposition,
            segment.episode["episode_id"] if segment.episode else None,
            segment.policy.version if segment.policy else None,
            segment.lost_to_entry_id,
        )

    return one.end == other.start and fate(one) == fate(other)


def _joined(one: Segment, other: Segment) -> Segment:
    return replace(one, end=other.end)
