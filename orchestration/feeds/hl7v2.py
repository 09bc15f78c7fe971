"""HL7 v2 SIU: messages of schedulers, each of them a version of an appointment.

Belongs here: from a file of messages to the rows of the feed ``appointment``, and what becomes of messages
that are none. Does not belong here: framing, syntax and meaning (the modules ``hl7v2_*.py``).
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from orchestration.feeds.door import ROW, Staged
from orchestration.feeds.hl7v2_appointment import COLUMNS, SITE_COLUMNS, Unmapped
from orchestration.feeds.hl7v2_rules import APPOINTMENT, HL7V2
from orchestration.feeds.hl7v2_stretch import NUMBER, Counts, Stretch, read_stretch, schema
from orchestration.feeds.lake import quoted
from orchestration.feeds.opened import FileRefused, Traits, open_bytes
from orchestration.feeds.reading import Reading, RowsLost
from orchestration.feeds.references import hold_back_references
from orchestration.feeds.registry import Content, Part, UnmappedCode
from orchestration.feeds.workers import Workers

STRETCH = 8 << 20
"""Bytes of a file that are read at a time."""

ALONE = 4
"""A file of so many stretches is read before processes for it would have started."""

ROWS = "hl7v2_rows"


class _Columns:
    """The columns of all stretches of a file, as often as the engine wants to read them."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, Path]] = []

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        import pyarrow as arrow

        reader = arrow.RecordBatchReader.from_batches(schema(), self._batches())
        return reader.__arrow_c_stream__(requested_schema)

    def _batches(self) -> Iterator[Any]:
        """Each batch, with the numbers that its messages have in the file."""
        import pyarrow as arrow
        import pyarrow.compute as compute
        import pyarrow.ipc as ipc

        for before, path in self.parts:
            with arrow.memory_map(str(path)) as source:
                stretch = ipc.open_file(source)
                for position in range(stretch.num_record_batches):
                    batch = stretch.get_batch(position)
                    yield batch.set_column(0, NUMBER, compute.add(batch.column(0), before))


class _File:
    """One file of messages on its way into the feed."""

    def __init__(self, reading: Reading, workers: Workers, stretch: int) -> None:
        self.reading = reading
        self.workers = workers
        self.stretch = stretch
        self.columns = _Columns()
        self.read = self.rows = 0
        self.refused = reading.work / "refused"
        self.not_taken: dict[str, tuple[int, int]] = {}
        self.unmapped: Counter[Unmapped] = Counter()

    def gather(self, path: Path) -> None:
        """Read all stretches and note what was in them."""
        stretches = self._stretches(path)
        with self.refused.open("w", encoding="ascii") as refused:
            for stretch, counts in zip(stretches, self.workers.map(read_stretch, stretches), strict=True):
                refused.writelines(f"{self.read + number},{reason}\n" for number, reason in counts.refused)
                self._add(stretch, counts)
            for event, (first, _) in self.not_taken.items():
                reason = f"unsupported_message:{event}".rstrip(":")
                refused.write(f"{first},{reason}\n")

    def _stretches(self, path: Path) -> list[Stretch]:
        size = path.stat().st_size
        begins = range(0, max(size, 1), self.stretch if size > ALONE * self.stretch else max(size, 1))
        return [
            Stretch(
                path,
                begin,
                begins[position + 1] if position + 1 < len(begins) else None,
                self.reading.seeds,
                self.reading.delivered_on,
                self.reading.work / f"stretch-{position}",
            )
            for position, begin in enumerate(begins)
        ]

    def _add(self, stretch: Stretch, counts: Counts) -> None:
        self.columns.parts.append((self.read, stretch.target))
        for event, (first, count) in counts.not_taken.items():
            earlier, before = self.not_taken.get(event, (self.read + first, 0))
            self.not_taken[event] = (earlier, before + count)
        self.unmapped += counts.unmapped
        self.read += counts.messages
        self.rows += counts.rows

    def content(self) -> Content:
        """Let the rows in and note the rest.

        Raises:
            duckdb.Error: the rows cannot be read through.
            RowsLost: not all rows came through the door.
        """
        parts = []
        if self.rows:
            feed = self.reading.contract.feeds[APPOINTMENT]
            named = {name: f'r."{name}"' for name in (*COLUMNS, "is_deleted")}
            site = {name: f'r."{name}"' for name in SITE_COLUMNS}
            relation = f"SELECT {NUMBER} AS {ROW}, * EXCLUDE ({NUMBER}) FROM {ROWS}"  # noqa: S608
            door = Staged(relation, named, site=site, expected_rows=self.rows)
            self.reading.connection.register(ROWS, self.columns)
            try:
                parts.append(hold_back_references(self.reading, feed, door))
            finally:
                self.reading.connection.unregister(ROWS)
        if others := self.read - self.rows:
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
        What became of it: one part for the appointments, and one of ``hl7v2`` for messages that are none.
        Each message is in one of them.
    """
    file = _File(reading, workers or Workers(1), stretch)
    try:
        file.gather(open_bytes(path, reading.work))
        if not file.read:
            raise FileRefused("no_message" if traits.has_content else "empty_file")
        return file.content()
    except FileRefused as refusal:
        return reading.refuse_file(APPOINTMENT, refusal.reason)
    except RowsLost:
        return reading.refuse_file(APPOINTMENT, "unreadable_file")
    except duckdb.Error as problem:
        reading.stop_if_engine_failed(problem)
        return reading.refuse_file(APPOINTMENT, "unreadable_file")
