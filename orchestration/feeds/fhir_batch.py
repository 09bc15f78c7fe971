"""Small files of FHIR resources of one type, read together.

What a statement costs before it reads a line is most of what a small file costs. So files of one delivery
that hold one type are read as if they were one, and what became of their lines is then parted again.

Belongs here: which files are read together, and what became of each. Does not belong here: what becomes of
lines (``fhir_piece.py``), and of a file (``fhir.py``).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from orchestration.feeds.codes import load_code_map
from orchestration.feeds.door import ROW
from orchestration.feeds.failures import RowsLost, stop_if_engine_failed
from orchestration.feeds.fhir import open_lines, put_in_place
from orchestration.feeds.fhir_found import Found
from orchestration.feeds.fhir_piece import Piece
from orchestration.feeds.fhir_text import first_type, has_mark
from orchestration.feeds.fhir_types import RESOURCES
from orchestration.feeds.lake import WRITTEN, quoted, table
from orchestration.feeds.landing import FHIR
from orchestration.feeds.opened import FileRefused, Traits
from orchestration.feeds.reading import Judged, Reading
from orchestration.feeds.references import leading
from orchestration.feeds.registry import Content, Copy

SMALL: Final = 32 << 20
"""Bytes of the largest file that is read with others."""

TOGETHER: Final = 64 << 20
"""Bytes of files that are read together at the most."""

ALWAYS: Final = 8 << 20
"""Bytes of files that are read together though another processor could read some of them meanwhile."""

MOST: Final = 64
"""Files that are read together at the most."""

RAW: Final = "_row_number"
REFUSED: Final = "row_number"
"""The columns of raw tables and of tables of refusals that tell the line."""


OF: Final = "file_of_row"
"""Which of the files a row is from."""

NONE: Final = (0, 0, 0)


@dataclass(frozen=True)
class Small:
    """A small file, and the lines in it."""

    reading: Reading
    text: Path
    lines: int
    longest: int
    kind: str


def together(
    copies: Sequence[Copy], size: Callable[[Copy], int], path: Callable[[Copy], Path], processors: int
) -> Iterator[list[Copy]]:
    """Which files are read together; a large one is alone.

    Args:
        copies: files of resources; those that are read together keep their order.
        size: of each in bytes.
        path: where each lies.
        processors: how many read files side by side; no lot is larger than the share of one.
    """
    most = min(max(sum(map(size, copies)) // processors, ALWAYS), TOGETHER)
    waiting: dict[tuple[str, str, str], list[Copy]] = {}
    sizes = Counter[tuple[str, str, str]]()
    for copy in copies:
        kind = first_type(path(copy)) if size(copy) <= SMALL else None
        if kind not in RESOURCES:
            yield [copy]
            continue
        key = copy.folder, copy.delivered_on, kind
        if key in waiting and (len(waiting[key]) == MOST or sizes[key] + size(copy) > most):
            yield waiting.pop(key)
            del sizes[key]
        waiting.setdefault(key, []).append(copy)
        sizes[key] += size(copy)
    yield from waiting.values()


def read_together(files: Sequence[tuple[Reading, Path, Traits]]) -> list[Content | None]:
    """Read small files that begin with a resource of one type.

    Args:
        files: of one delivery, in one engine: each with where it lies and the traits of its bytes.

    Returns:
        What became of each, which is what becomes of it alone; None where it has to be read alone.
    """
    opened = [_opened(*file) for file in files]
    chosen = [file for file in opened if file]
    contents = iter(_read(chosen) if len(chosen) > 1 else [None] * len(chosen))
    return [next(contents) if file else None for file in opened]


def _opened(reading: Reading, path: Path, traits: Traits) -> Small | None:
    """The lines of a file, unless they have to be looked at one by one."""
    try:
        text, traits = open_lines(reading, path, traits)
    except FileRefused:
        return None
    kind = first_type(text)
    if kind not in RESOURCES or traits.has_modifiers or has_mark(text):
        return None
    return Small(reading, text, traits.lines, traits.longest_line, kind)


def _read(files: Sequence[Small]) -> list[Content | None]:
    first = files[0].reading
    codes = load_code_map(first.seeds, first.delivered_on, first.rules.site.payers)
    codes.make_known(first.connection)
    try:
        longest = max(file.longest for file in files)
        found = Piece(first, [file.text for file in files], "together", longest).read_together()
    except duckdb.Error as problem:
        stop_if_engine_failed(problem, first.copy.source_file)
        return [None] * len(files)
    except RowsLost:
        return [None] * len(files)
    parted = _Parted(files, found)
    each = (parted.of_file(number, file) for number, file in enumerate(files))
    return [
        put_in_place(file.reading, codes, own) if own else None for file, own in zip(files, each, strict=True)
    ]


class _Parted:
    """What became of the lines of several files, by file."""

    def __init__(self, files: Sequence[Small], found: Found) -> None:
        self._files = files
        self._found = found
        self._connection = files[0].reading.connection
        self._asking: dict[Path, set[int]] = {}
        self._counted: dict[Path, dict[int, tuple[int, int, int]]] = {}

    def of_file(self, number: int, file: Small) -> Found | None:
        """What became of the lines of a file; None where it has to be read alone."""
        begin, end = self._found.spans.get(number, (0, -1))
        if end - begin + 1 != file.lines:
            return None
        found = Found(lines=file.lines, unfilled=file.lines, unmapped=self._found.unmapped_of[number])
        for feed, places in self._found.judged.items():
            for place, (judged,) in places.items():
                counts = self._counts(judged.every, RAW).get(number, NONE)
                if filling := counts[-1]:
                    own = self._judged(feed, judged, number, counts)
                    found.judged.setdefault(feed, {})[place] = [own]
                    found.unfilled -= filling
        for path in self._found.refusals:
            refused, *_ = self._counts(path, REFUSED).get(number, NONE)
            if refused:
                found.refusals.append(self._own(path, REFUSED, number))
                found.unfilled_refused += refused
        for name, tables in self._found.identifiers.items():
            listed = [path for path in tables if number in self._counts(path, ROW)]
            if listed:
                found.identifiers[name] = [self._own(path, ROW, number) for path in listed]
        unknown = found.unfilled - found.unfilled_refused
        if unknown and not RESOURCES[file.kind].identifier_rows:
            found.unmapped[FHIR, "resourceType", "", file.kind] += unknown
        return found

    def _judged(self, feed: str, judged: Judged, number: int, counts: tuple[int, int, int]) -> Judged:
        accepted, refused, _ = counts
        kept, refusals = self._own(judged.kept, RAW, number), None
        if refused and judged.refusals:
            refusals = self._own(judged.refusals, REFUSED, number)
        return Judged(
            kept, kept, accepted, refused, refusals, leads=number in self._leading(feed, judged.kept)
        )

    def _leading(self, feed: str, path: Path) -> set[int]:
        """The files with a reference in their rows that has to be resolved."""
        if path not in self._asking:
            leads = leading(self._files[0].reading.contract.feeds[feed], "r")
            found = self._connection.execute(
                f"SELECT DISTINCT {self._found.file_of(RAW)} FROM {table(path)} AS r WHERE {leads}"  # noqa: S608
            )
            self._asking[path] = {file for (file,) in found.fetchall()}
        return self._asking[path]

    def _counts(self, path: Path, name: str) -> dict[int, tuple[int, int, int]]:
        """How many rows of a table come in and do not, and of how many lines, by file."""
        if path not in self._counted:
            counted = self._connection.execute(
                f"SELECT {self._found.file_of(f'abs({name})')} AS file, count(*) FILTER (WHERE {name} > 0), "  # noqa: S608
                f"count(*) FILTER (WHERE {name} < 0), count(DISTINCT abs({name})) "
                f"FROM {table(path)} GROUP BY file"
            )
            self._counted[path] = {file: tuple(counts) for file, *counts in counted.fetchall()}
        return self._counted[path]

    def _own(self, path: Path, name: str, number: int) -> Path:
        """The rows of a table that are of one file's lines, as if there had been no other file."""
        folder = self._files[0].reading.work / f"{path.name}.parted"
        if not folder.exists():
            self._part(path, name, folder)
        return folder / f"{OF}={number}" / "data_0.parquet"

    def _part(self, path: Path, name: str, folder: Path) -> None:
        """Write the rows of each file into a table of its own, all in one go."""
        origins = [file.reading.origin for file in self._files]
        begins = [self._found.spans.get(number, (0, 0))[0] for number in range(len(origins))]
        told = f"{name} - {_of_file(map(str, begins))} + 1 AS {name}"
        if name == RAW:
            told += f", {_of_file(quoted(origin.source_file) for origin in origins)} AS _source_file"
            told += f", {_of_file(quoted(origin.file_id) for origin in origins)} AS _file_id"
        kept = f"* EXCLUDE ({name})" if name == ROW else f"* REPLACE ({told})"
        every = f"SELECT *, {self._found.file_of(name)} AS {OF} FROM {table(path)}"  # noqa: S608
        rows = f"SELECT {kept} FROM ({every}) WHERE {OF} >= 0"  # noqa: S608
        part_rows(self._connection, rows, folder)


def part_rows(connection: duckdb.DuckDBPyConnection, rows: str, folder: Path) -> None:
    """Write rows into a table for each file, in their order.

    Args:
        connection: any.
        rows: SQL that gives ``file_of_row`` besides.
        folder: gets a folder for each file.
    """
    # What the engine writes before it has all of a part is out of order; no file has more rows than bytes.
    connection.execute(f"SET partitioned_write_flush_threshold = {TOGETHER}")
    connection.execute(f"COPY ({rows}) TO {quoted(folder)} ({WRITTEN}, PARTITION_BY ({OF}))")


def _of_file(values: Iterable[str]) -> str:
    """SQL of what each file has, of the file of a row."""
    return f"[{', '.join(values)}][{OF} + 1]"
