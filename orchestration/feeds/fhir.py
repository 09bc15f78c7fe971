"""FHIR R4 bulk NDJSON: one resource a line, its type told by the line and not by the file's name.

Belongs here: from what became of the pieces of a file to what became of the file.
Does not belong here: the pieces (``fhir_pieces.py``), the meaning of elements (``fhir_resources.py`` and its
neighbours) and references between files (``references.py``).
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb

from orchestration.feeds.codes import CodeMap, load_code_map
from orchestration.feeds.failures import RowsLost, stop_if_engine_failed
from orchestration.feeds.fhir_documents import lines_of_documents
from orchestration.feeds.fhir_found import Found
from orchestration.feeds.fhir_pieces import PIECE, read_pieces
from orchestration.feeds.fhir_shapes import CLEAN, keep_readable_lines
from orchestration.feeds.fhir_text import LINE_LIMIT, has_mark
from orchestration.feeds.fhir_types import RELEASE_OF_TYPE
from orchestration.feeds.lake import quoted, table, write_table
from orchestration.feeds.landing import FHIR
from orchestration.feeds.opened import FileRefused, Traits, open_text, read_through
from orchestration.feeds.reading import Reading
from orchestration.feeds.references import place_rows
from orchestration.feeds.registry import Content, Part, UnmappedCode


class _File:
    """One file of resources on its way into the feeds."""

    def __init__(self, reading: Reading, codes: CodeMap) -> None:
        self.reading = reading
        self.codes = codes
        self.found = Found()

    def content(self, text: Path, most: int, traits: Traits, *, is_careful: bool) -> Content:
        """Let all lines in, piece by piece.

        Args:
            text: the lines.
            most: bytes of a piece at the most.
            traits: of their bytes.
            is_careful: whether lines that are no resources are expected.

        Returns:
            What became of the file.

        Raises:
            duckdb.Error: the lines cannot be read through.
            RowsLost: they were, and not all of them, or lines that are no resources want a second look.
        """
        known = None
        if traits.has_modifiers:
            rows = self.codes.entries.get((FHIR, "modifier"), {})
            known = {pair.partition("|")[2] for pair in rows}
        self.found = read_pieces(
            self.reading, text, self.codes, known, most, traits=traits, is_careful=is_careful
        )
        if self.found.lines != traits.lines:
            raise RowsLost
        return self.put_in_place()

    def put_in_place(self) -> Content:
        """Put what became of the lines in place."""
        found, contract = self.found, self.reading.contract
        parts = [
            place_rows(self.reading, contract.feeds[feed], found.rows_of(feed))
            for feed in sorted(found.judged)
        ]
        self._write_refusals()
        if found.unfilled:
            refused = found.unfilled_refused
            parts.append(Part(FHIR, found.unfilled, found.unfilled - refused, refused))
        if found.identifiers:
            tables = [path for name in sorted(found.identifiers) for path in found.identifiers[name]]
            made = tables[0]
            if len(tables) > 1:
                rows = f"FROM {table(*tables)}"
                made = write_table(self.reading.connection, rows, self.reading.work / "identifiers")
            self.reading.place(made, self.reading.lake.identifiers(self.reading.copy.file_id))
        return self.reading.content(
            parts, unmapped=tuple(self._unmapped()), has_identifiers=bool(found.identifiers)
        )

    def _unmapped(self) -> Iterator[UnmappedCode]:
        for (feed, column, system, code), rows in sorted(self.found.unmapped.items()):
            yield UnmappedCode(feed, column, system, code, rows)
        for name, (_, rows) in sorted(self.found.others.items()):
            yield UnmappedCode(FHIR, "resourceType", "", name, rows)

    def _write_refusals(self) -> None:
        """Put refused lines into the quarantine: one by one, and types that fill nothing each as a whole."""
        refusals = [f"SELECT row_number, reason FROM {table(path)}" for path in self.found.refusals]  # noqa: S608
        for name, (first, _) in self.found.others.items():
            release = RELEASE_OF_TYPE.get(name)
            reason = f"unsupported_release:{release}" if release else f"unsupported_resource:{name}"
            refusals.append(f"SELECT {first} AS row_number, {quoted(reason)} AS reason")
        if not refusals:
            return
        self.reading.write_refused(
            FHIR,
            "SELECT row_number, NULL::VARCHAR AS record_key_hash, "  # noqa: S608
            "string_agg(reason, ';' ORDER BY reason) AS reason "
            f"FROM ({' UNION ALL '.join(refusals)}) GROUP BY row_number",
        )


def open_lines(reading: Reading, path: Path, traits: Traits) -> tuple[Path, Traits]:
    """Give a file as one resource a line, as far as that can be told by its first line.

    Args:
        reading: the file.
        path: where it lies.
        traits: of its bytes.

    Raises:
        FileRefused: it cannot be read as text.
    """
    text, traits = open_text(path, traits, reading.work, has_cells=False)
    if lines := lines_of_documents(text, reading.work / "lines"):
        return lines, read_through(lines, has_cells=False)[1]
    return text, traits


def put_in_place(reading: Reading, codes: CodeMap, found: Found) -> Content:
    """Put what became of the lines of a file in place.

    Args:
        reading: the file.
        codes: what codes mean.
        found: what became of its lines.
    """
    file = _File(reading, codes)
    file.found = found
    return file.put_in_place()


def read_fhir(reading: Reading, path: Path, traits: Traits, most: int = PIECE) -> Content:
    """Read a file of FHIR resources.

    Args:
        reading: the file and where it goes.
        path: where it lies.
        traits: of its bytes.
        most: bytes of a piece at the most.

    Returns:
        What became of it, with one part a feed; lines that fill no feed are a part of ``fhir``.
    """
    try:
        text, traits = open_lines(reading, path, traits)
    except FileRefused as refusal:
        return reading.refuse_file(FHIR, refusal.reason)
    codes = load_code_map(reading.seeds, reading.delivered_on, reading.rules.site.payers)
    for is_careful in (True,) if has_mark(text) else (False, True):
        if is_careful:
            lines = keep_readable_lines(text, reading.work / CLEAN)
            text = reading.work / CLEAN
            traits = replace(traits, lines=lines, marks=(), longest_line=LINE_LIMIT)
        try:
            return _File(reading, codes).content(text, most, traits, is_careful=is_careful)
        except RowsLost:
            continue
        except duckdb.Error as problem:
            stop_if_engine_failed(problem, reading.copy.source_file)
    return reading.refuse_file(FHIR, "unreadable_file")
