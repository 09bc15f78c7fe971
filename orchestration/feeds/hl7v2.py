"""HL7 v2 SIU: messages of schedulers, each of them a version of an appointment or of a blocked time.

Belongs here: from a file of messages to the rows of the feeds ``appointment`` and ``slot``, and what becomes
of messages that are none. Does not belong here: framing, syntax and meaning (the modules ``hl7v2_*.py``).
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from orchestration.feeds.door import ROW, Staged
from orchestration.feeds.failures import RowsLost, stop_if_engine_failed
from orchestration.feeds.hl7v2_appointment import COLUMNS, SITE_COLUMNS, SLOT_COLUMNS, Unmapped
from orchestration.feeds.hl7v2_rules import APPOINTMENT, HL7V2, SLOT
from orchestration.feeds.hl7v2_stretch import FEED, NUMBER, Counts, Stretch, read_stretch, schema
from orchestration.feeds.lake import quoted
from orchestration.feeds.opened import FileRefused, Traits, open_bytes
from orchestration.feeds.reading import Reading
from orchestration.feeds.references import hold_back_references
from orchestration.feeds.registry import Content, Part, UnmappedCode
from orchestration.feeds.workers import Workers

STRETCH = 8 << 20
"""Bytes of a file that are read at a time."""

ALONE = 4
"""A file of so many stretches is read before processes for it would have started."""

ROWS = "hl7v2_rows"
NO_MESSAGE = "no_message"
MESSAGE_TYPE = "message_type"
BATCH = "batch"
TRIMMED = "wh_blank"
"""What the parser gives has no blanks around it."""

COLUMNS_OF = {
    APPOINTMENT: {name: name for name in (*COLUMNS, "is_deleted")},
    SLOT: {"slot_id": "appointment_id"} | {name: name for name in (*SLOT_COLUMNS, "is_deleted")},
}
"""By feed, where each of its columns stands among those of a stretch."""


class _File:
    """One file of messages on its way into the feed.

    The engine reads the columns of its first stretches while the later ones are still being parted; a second
    time, for the rows that it refuses, it reads them from the disk.
    """

    def __init__(self, reading: Reading, stretches: list[Stretch], found: Iterator[Counts]) -> None:
        self.reading = reading
        self.unread = zip(stretches, found, strict=True)
        self.parts: list[tuple[int, Path]] = []
        self.read = 0
        self.rows: Counter[str] = Counter()
        self.refused = reading.work / "refused"
        self.not_taken: dict[str, tuple[int, int]] = {}
        self.unmapped: Counter[Unmapped] = Counter()
        self.batch_ended, self.missing = 0, 0
        self.problem: Exception | None = None

    def read_next(self) -> bool:
        """Have one more stretch; false where there is none."""
        try:
            stretch, counts = next(self.unread, (None, Counts()))
        except Exception as problem:
            # The engine would tell of it in words of its own.
            self.problem = problem
            raise
        if stretch is None:
            return False
        with self.refused.open("a", encoding="ascii") as refused:
            refused.writelines(f"{self.read + number},{reason}\n" for number, reason in counts.refused)
        for event, (first, count) in counts.not_taken.items():
            earlier, before = self.not_taken.get(event, (self.read + first, 0))
            self.not_taken[event] = (earlier, before + count)
        self.parts.append((self.read, stretch.target))
        self.unmapped += counts.unmapped
        for number, said in counts.batches:
            self.missing += max(said - (self.read + number - self.batch_ended), 0)
            self.batch_ended = self.read + number
        self.read += counts.messages
        self.rows += counts.rows
        return True

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """All columns, for the engine."""
        import pyarrow as arrow

        reader = arrow.RecordBatchReader.from_batches(schema(), self._batches())
        return reader.__arrow_c_stream__(requested_schema)

    def _batches(self) -> Iterator[Any]:
        """Each batch, with the numbers that its messages have in the file."""
        import pyarrow as arrow
        import pyarrow.compute as compute
        import pyarrow.ipc as ipc

        position = 0
        while position < len(self.parts) or self.read_next():
            before, path = self.parts[position]
            position += 1
            with arrow.memory_map(str(path)) as source:
                stretch = ipc.open_file(source)
                for number in range(stretch.num_record_batches):
                    batch = stretch.get_batch(number)
                    yield batch.set_column(0, NUMBER, compute.add(batch.column(0), before))

    def content(self) -> Content:
        """Let the rows in and note the rest.

        Raises:
            FileRefused: there is no message.
            duckdb.Error: the rows cannot be read through.
            RowsLost: not all rows came through the door.
        """
        while not self.rows and self.read_next():
            pass
        # The engine comes to the end of the file with the first feed; what others there are is known then.
        found = {feed: self._let_in(feed) for feed in list(self.rows)}
        found |= {feed: self._let_in(feed) for feed in list(self.rows) if feed not in found}
        if not self.read:
            raise FileRefused(NO_MESSAGE)
        parts = [found[feed] for feed in sorted(found)]
        if others := self.read - self.rows.total():
            parts.append(Part(HL7V2, others, 0, others))
            self._refuse()
        unmapped = [UnmappedCode(APPOINTMENT, *key, count) for key, count in sorted(self.unmapped.items())]
        unmapped += [
            UnmappedCode(HL7V2, MESSAGE_TYPE, HL7V2, event, count)
            for event, (_, count) in sorted(self.not_taken.items())
        ]
        unmapped += [UnmappedCode(HL7V2, BATCH, HL7V2, "", self.missing)] if self.missing else []
        return self.reading.content(parts, unmapped=unmapped)

    def _let_in(self, name: str) -> Part:
        staged = Staged(
            f"SELECT {NUMBER} AS {ROW}, * EXCLUDE ({NUMBER}) FROM {ROWS} WHERE {FEED} = {quoted(name)}",  # noqa: S608
            {column: f'r."{source}"' for column, source in COLUMNS_OF[name].items()},
            site={column: f'r."{column}"' for column in SITE_COLUMNS},
            trim=TRIMMED,
        )
        self.reading.connection.register(ROWS, self)
        try:
            part = hold_back_references(self.reading, self.reading.contract.feeds[name], staged)
        except duckdb.Error:
            if self.problem is not None:
                raise self.problem from None
            raise
        finally:
            self.reading.connection.unregister(ROWS)
        if part.rows_read != self.rows[name]:
            raise RowsLost
        return part

    def _refuse(self) -> None:
        """One line of the quarantine for each message that cannot be read, and for each kind not taken."""
        with self.refused.open("a", encoding="ascii") as refused:
            for event, (first, _) in self.not_taken.items():
                reason = f"unsupported_message:{event}".rstrip(":")
                refused.write(f"{first},{reason}\n")
        columns = "columns = {'row_number': 'BIGINT', 'reason': 'VARCHAR'}"
        read = f"auto_detect = false, header = false, delim = ',', quote = '', {columns}"
        source = f"read_csv({quoted(self.refused)}, {read})"
        self.reading.write_refused(
            HL7V2,
            f"SELECT row_number, NULL::VARCHAR AS record_key_hash, reason FROM {source}",  # noqa: S608
        )


def stretches_of(path: Path, size: int, reading: Reading) -> list[Stretch]:
    """A file cut for reading side by side, or whole where it is small.

    Args:
        path: the file, neither packed nor in a wide encoding.
        size: bytes of a stretch.
        reading: by what it is read, and where the columns go.
    """
    length = max(path.stat().st_size, 1)
    begins = range(0, length, size if length > ALONE * size else length)
    ends = [*begins[1:], None]
    # Another process may stand in another folder.
    path, seeds, work = path.absolute(), reading.seeds.absolute(), reading.work.absolute()
    return [
        Stretch(path, begin, end, seeds, reading.delivered_on, work / f"stretch-{number}")
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True))
    ]


def read_hl7v2(
    reading: Reading, path: Path, traits: Traits, workers: Workers | None = None, stretch: int = STRETCH
) -> Content:
    """Read a file of messages.

    Args:
        reading: the file and where it goes.
        path: where it lies.
        traits: of its bytes.
        workers: who reads the stretches of a large file side by side; None reads one after the other.
        stretch: bytes of each of them.

    Returns:
        What became of it: one part for the appointments, one for blocked times, and one of ``hl7v2`` for
        messages that are neither. Each message is in one of them.
    """
    try:
        stretches = stretches_of(open_bytes(path, reading.work), stretch, reading)
        found = (workers or Workers(1)).map(read_stretch, stretches)
        return _File(reading, stretches, found).content()
    except FileRefused as refusal:
        is_empty = refusal.reason == NO_MESSAGE and not traits.has_content
        return reading.refuse_file(APPOINTMENT, "empty_file" if is_empty else refusal.reason)
    except RowsLost:
        return reading.refuse_file(APPOINTMENT, "unreadable_file")
    except duckdb.Error as problem:
        stop_if_engine_failed(problem, reading.copy.source_file)
        return reading.refuse_file(APPOINTMENT, "unreadable_file")
