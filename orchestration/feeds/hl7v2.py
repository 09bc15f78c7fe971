"""HL7 v2 SIU: messages of schedulers, each of them a version of an appointment.

Belongs here: from a file of messages to the rows of the feed ``appointment``, and what becomes of messages
that are none. Does not belong here: framing, syntax and meaning (the modules ``hl7v2_*.py``).
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import duckdb

from orchestration.feeds.door import ROW, Staged
from orchestration.feeds.hl7v2_appointment import (
    COLUMNS,
    ROW_COLUMNS,
    SITE_COLUMNS,
    SIU,
    Appointment,
    check_siu,
    open_message,
)
from orchestration.feeds.hl7v2_frames import frames
from orchestration.feeds.hl7v2_message import Message, NotReadable
from orchestration.feeds.hl7v2_rules import APPOINTMENT, HL7V2, SiuRules, load_siu_rules
from orchestration.feeds.lake import quoted, table
from orchestration.feeds.opened import FileRefused, Traits, open_bytes
from orchestration.feeds.reading import Reading, RowsLost
from orchestration.feeds.references import hold_back_references
from orchestration.feeds.registry import Content, Part, UnmappedCode

BATCH = 5_000
"""Messages whose rows are held in memory at a time."""

SHOWN_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/&+-]{0,63}")
"""Unknown codes of this form are shown in a finding; anything else might be more than a code."""

SHOWN_EVENT = re.compile(r"[A-Z]{3}\^[A-Z]\d\d|[A-Z]{3}")


class _Messages:
    """One file of messages on its way into the feed."""

    def __init__(self, reading: Reading, rules: SiuRules) -> None:
        self.reading = reading
        self.rules = rules
        self.read = 0
        self.refused = reading.work / "refused"
        self.not_taken: dict[str, tuple[int, int]] = {}
        self.unmapped: Counter[tuple[str, str, str]] = Counter()

    def rows(self, handle: BinaryIO) -> Iterator[list[str | int | None]]:
        """The row of each message that is about an appointment; the others are noted."""
        with self.refused.open("w", encoding="ascii") as refused:
            for frame in frames(handle):
                self.read += 1
                try:
                    if frame.reason:
                        raise NotReadable(frame.reason)
                    yield from self._row(open_message(frame.body))
                except NotReadable as problem:
                    refused.write(f"{self.read},{problem}\n")
            for event, (first, _) in self.not_taken.items():
                reason = f"unsupported_message:{event}".rstrip(":")
                refused.write(f"{first},{reason}\n")

    def _row(self, message: Message) -> Iterator[list[str | int | None]]:
        kind, event = message.event
        trigger = self.rules.triggers.get(event) if kind == SIU else None
        if kind == SIU and not event:
            raise NotReadable("missing_trigger_event")
        if trigger is None:
            named = f"{kind}^{event}" if event else kind
            shown = named if SHOWN_EVENT.fullmatch(named) else ""
            first, count = self.not_taken.get(shown, (self.read, 0))
            self.not_taken[shown] = (first, count + 1)
            return
        check_siu(message)
        appointment = Appointment(message, self.rules, event, trigger)
        row = appointment.row()
        for column, system, code in appointment.unmapped:
            shown = code if SHOWN_CODE.fullmatch(code) else ""
            self.unmapped[column, system if SHOWN_CODE.fullmatch(system) else "", shown] += 1
        yield [self.read, *(row[column] for column in ROW_COLUMNS)]

    def content(self, staged: Path, rows: int) -> Content:
        """Let the rows in and note the rest.

        Raises:
            duckdb.Error: the rows cannot be read through.
            RowsLost: not all rows came through the door.
        """
        parts = []
        if rows:
            feed = self.reading.contract.feeds[APPOINTMENT]
            named = {name: f'r."{name}"' for name in (*COLUMNS, "is_deleted")}
            site = {name: f'r."{name}"' for name in SITE_COLUMNS}
            door = Staged(f"FROM {table(staged)}", named, site=site, expected_rows=rows)
            parts.append(hold_back_references(self.reading, feed, door))
        if others := self.read - rows:
            parts.append(Part(HL7V2, others, 0, others))
            columns = "columns = {'row_number': 'BIGINT', 'reason': 'VARCHAR'}"
            read = f"auto_detect = false, header = false, delim = ',', quote = '', {columns}"
            source = f"read_csv({quoted(self.refused)}, {read})"
            self.reading.write_refused(
                HL7V2,
                f"SELECT row_number, NULL::VARCHAR AS record_key_hash, reason FROM {source}",  # noqa: S608
            )
        unmapped = [UnmappedCode(APPOINTMENT, *key, count) for key, count in sorted(self.unmapped.items())]
        unmapped += [
            UnmappedCode(APPOINTMENT, "trigger_event", HL7V2, event, count)
            for event, (_, count) in sorted(self.not_taken.items())
        ]
        return self.reading.content(parts, unmapped=unmapped)


def _write_rows(rows: Iterator[list[str | int | None]], made: Path) -> int:
    """Write rows as Parquet, a batch at a time.

    Returns:
        How many there were.
    """
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    fields = [(ROW, arrow.int64()), *((name, arrow.string()) for name in ROW_COLUMNS)]
    schema = arrow.schema(fields)
    written = 0
    with parquet.ParquetWriter(made, schema) as writer:
        while batch := list(islice(rows, BATCH)):
            arrays = [
                arrow.array(column, type=kind)
                for column, (_, kind) in zip(zip(*batch, strict=True), fields, strict=True)
            ]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            written += len(batch)
    return written


def read_hl7v2(reading: Reading, path: Path, traits: Traits) -> Content:
    """Read a file of messages.

    Args:
        reading: the file and where it goes.
        path: where it lies.
        traits: of its bytes.

    Returns:
        What became of it: one part for the appointments, and one of ``hl7v2`` for messages that are none.
        Each message is in one of them.
    """
    rules = load_siu_rules(reading.seeds, reading.delivered_on)
    messages = _Messages(reading, rules)
    staged = reading.work / "messages"
    try:
        with open_bytes(path, reading.work).open("rb") as handle:
            rows = _write_rows(messages.rows(handle), staged)
        if not messages.read:
            raise FileRefused("no_message" if traits.has_content else "empty_file")
        return messages.content(staged, rows)
    except FileRefused as refusal:
        return reading.refuse_file(APPOINTMENT, refusal.reason)
    except RowsLost:
        return reading.refuse_file(APPOINTMENT, "unreadable_file")
    except duckdb.Error as problem:
        reading.stop_if_engine_failed(problem)
        return reading.refuse_file(APPOINTMENT, "unreadable_file")
