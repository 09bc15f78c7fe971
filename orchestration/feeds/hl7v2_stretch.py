"""A stretch of a file of messages, from its bytes to columns.

Belongs here: reading the messages that begin in a stretch and writing what they become as an Arrow file, so
that stretches can be read side by side. Does not belong here: cutting files, and what becomes of the columns.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.feeds.hl7v2_appointment import (
    ROW_COLUMNS,
    SIU,
    Schedules,
    Unmapped,
    check_siu,
    open_message,
)
from orchestration.feeds.hl7v2_frames import Frame, frames
from orchestration.feeds.hl7v2_message import Message, NotReadable
from orchestration.feeds.hl7v2_rules import load_siu_rules

if TYPE_CHECKING:
    import pyarrow as arrow

FEED = "feed"
"""The column of the feed that a message is a row of."""

NUMBER = "number"
"""The column of the number of a message among those of its stretch."""

BATCH = 5_000
"""Rows that are held in memory at a time."""

SHOWN_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/&+-]{0,63}")
"""Unknown codes of this form are shown in a finding; anything else might be more than a code."""

BATCH_COUNT = re.compile(r"[0-9]{1,9}")
SHOWN_EVENT = re.compile(r"[A-Z]{3}\^[A-Z]\d\d|[A-Z]{3}")


@dataclass(frozen=True)
class Stretch:
    """What is to be read.

    Attributes:
        path: the file, neither packed nor in a wide encoding.
        begin: the place where it begins.
        end: the place behind it; None is the end of the file.
        seeds: the folder of the rules that are rows.
        day: the delivery date.
        target: where the columns go.
    """

    path: Path
    begin: int
    end: int | None
    seeds: Path
    day: date
    target: Path


@dataclass
class Counts:
    """What was in a stretch.

    Attributes:
        messages: all of them; their numbers begin at 1.
        rows: those that are about an appointment or a slot, by feed.
        refused: number and reason of each that cannot be read.
        not_taken: by message type and event, the number of the first that is about something else, and how
            many there are.
        unmapped: codes that no row knows.
        batches: of each batch the number of its last message, and how many messages it says that it has.
    """

    messages: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[int, str]] = field(default_factory=list)
    not_taken: dict[str, tuple[int, int]] = field(default_factory=dict)
    unmapped: Counter[Unmapped] = field(default_factory=Counter)
    batches: list[tuple[int, int]] = field(default_factory=list)


class _Messages:
    """The messages of a stretch on their way to columns."""

    def __init__(self, stretch: Stretch) -> None:
        self.rules = load_siu_rules(stretch.seeds, stretch.day)
        self.schedules = Schedules(self.rules)
        self.counts = Counts()

    def rows(self, found: Iterator[Frame]) -> Iterator[tuple[int | str | None, ...]]:
        """The row of each message that is about an appointment or a slot; the others are noted."""
        counts = self.counts
        for frame in found:
            counts.messages += 1
            try:
                if frame.reason:
                    raise NotReadable(frame.reason)
                message = open_message(frame.body)
                if "BTS" in message.lines and BATCH_COUNT.fullmatch(said := message.text("BTS", 1, 1)):
                    counts.batches.append((counts.messages, int(said)))
                if row := self._row(message):
                    yield (counts.messages, *row)
            except NotReadable as problem:
                counts.refused.append((counts.messages, str(problem)))

    def _row(self, message: Message) -> tuple[str | None, ...] | None:
        kind, event = message.event
        trigger = self.rules.triggers.get(event) if kind == SIU else None
        if kind == SIU and not event:
            raise NotReadable("missing_trigger_event")
        if trigger is None:
            named = f"{kind}^{event}" if event else kind
            shown = named if SHOWN_EVENT.fullmatch(named) else ""
            first, count = self.counts.not_taken.get(shown, (self.counts.messages, 0))
            self.counts.not_taken[shown] = (first, count + 1)
            return None
        check_siu(message)
        row, unmapped = self.schedules.row(message, event, trigger)
        for column, system, code in unmapped:
            shown = code if SHOWN_CODE.fullmatch(code) else ""
            self.counts.unmapped[column, system if SHOWN_CODE.fullmatch(system) else "", shown] += 1
        self.counts.rows[trigger.feed] += 1
        return (trigger.feed, *row)


def schema() -> "arrow.Schema":
    """The columns of a stretch."""
    import pyarrow as arrow

    texts = ((name, arrow.string()) for name in (FEED, *ROW_COLUMNS))
    return arrow.schema([(NUMBER, arrow.int64()), *texts])


def columns_of(stretch: Stretch, counts: Counts | None = None) -> Iterator[Any]:
    """The rows of a stretch as Arrow record batches, without anything being written.

    Args:
        stretch: what is read.
        counts: takes what was in it, once the last batch has been given.
    """
    import pyarrow as arrow

    wanted = schema()
    messages = _Messages(stretch)
    if counts is not None:
        messages.counts = counts
    with stretch.path.open("rb") as handle:
        rows = messages.rows(frames(handle, begin=stretch.begin, end=stretch.end))
        while batch := list(islice(rows, BATCH)):
            columns = zip(zip(*batch, strict=True), wanted.types, strict=True)
            arrays = [arrow.array(column, type=kind) for column, kind in columns]
            yield arrow.record_batch(arrays, schema=wanted)


def read_stretch(stretch: Stretch) -> Counts:
    """Read a stretch and write its columns.

    Args:
        stretch: what is read, and where the columns go.

    Returns:
        What was in it.
    """
    import pyarrow.ipc as ipc

    counts = Counts()
    with ipc.new_file(str(stretch.target), schema()) as writer:
        for batch in columns_of(stretch, counts):
            writer.write_batch(batch)
    return counts
