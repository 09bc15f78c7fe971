"""The pieces of a FHIR file, read side by side by as many engines as the file has.

Belongs here: where pieces begin and end, and which engine reads which. Does not belong here: what becomes of
one piece (``fhir_piece.py``), and of the file (``fhir.py``).
"""

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from math import ceil
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from orchestration.feeds.codes import CodeMap
from orchestration.feeds.fhir_found import Found
from orchestration.feeds.fhir_piece import Piece
from orchestration.feeds.opened import CHUNK, STRETCH, Traits
from orchestration.feeds.reading import Reading

PIECE: Final = 256 << 20
"""Bytes of a file that an engine looks at together at the most."""

IN_MEMORY: Final = 512 << 20
"""Bytes of a file that all engines together look at; memory grows with this and not with the file."""

WORTH_AN_ENGINE: Final = 32 << 20
"""Bytes of a file for each engine that reads it."""

MOST_SENT: Final = 1 << 30


def most_pieces(size: int) -> int:
    """How many engines are worth their while.

    Args:
        size: bytes of the file.
    """
    return max(size // WORTH_AN_ENGINE, 1)


def read_pieces(
    reading: Reading,
    text: Path,
    codes: CodeMap,
    known: set[str] | None,
    most: int = PIECE,
    *,
    traits: Traits,
    is_careful: bool,
) -> Found:
    """Read a file piece by piece, as many at a time as the file has engines.

    Args:
        reading: the file.
        text: its lines.
        codes: what codes mean.
        known: addresses of modifier extensions that change nothing; None where the file mentions none.
        most: bytes of a piece at the most.
        traits: of its bytes, as they were noted when it was read through.
        is_careful: whether lines that are no resources are expected.

    Returns:
        What became of the lines, piece by piece in their order.

    Raises:
        duckdb.Error: a line cannot even be passed over.
        RowsLost: lines that are no resources want a second look.
    """
    engines = [reading, *map(reading.by, reading.beside)]
    spans = cuts(text, bytes_of_a_piece(text.stat().st_size, most, len(engines)))
    idle: SimpleQueue[Reading] = SimpleQueue()
    for engine in engines[: len(spans)]:
        idle.put(engine)

    def read(engine: Reading, number: int) -> Found:
        try:
            codes.make_known(engine.connection)
            part, name, first = text, f"piece{number}", None
            if number:
                part = reading.work / name
                copy_span(text, *spans[number], part)
            elif len(spans) > 1:
                first = lines_before(text, spans[1][0], traits.marks)
            before = lines_before(text, spans[number][0], traits.marks)
            lines = Piece(engine, [part], name, traits.longest_line, before, first)
            piece = lines.read(known, is_careful=is_careful)
            if part != text:
                part.unlink()
            return piece
        finally:
            idle.put(engine)

    found, pieces = Found(), list[Future[Found]]()
    with ThreadPoolExecutor(len(engines)) as pool:
        for number in range(len(spans)):
            engine = idle.get()
            for piece in pieces:
                if piece.done():
                    # One that failed is told before more are read.
                    piece.result()
            pieces.append(pool.submit(read, engine, number))
        for piece in pieces:
            found.add(piece.result())
    return found


def bytes_of_a_piece(size: int, most: int, engines: int) -> int:
    """How large the pieces of a file are: all alike, and as many for each engine.

    Args:
        size: bytes of the file.
        most: bytes of a piece at the most.
        engines: how many read it.
    """
    side_by_side = min(engines, most_pieces(size))
    rounds = ceil(size / min(most, IN_MEMORY // engines) / side_by_side)
    return max(ceil(size / max(rounds * side_by_side, 1)), 1)


def cuts(text: Path, size: int) -> list[tuple[int, int]]:
    """Where the pieces of a file begin and end.

    Args:
        text: the file.
        size: bytes of a piece; a line that begins in one is whole in it.
    """
    total = text.stat().st_size
    found, begin = [], 0
    with text.open("rb") as source:
        while begin < total:
            source.seek(min(begin + size, total))
            source.readline()
            found.append((begin, source.tell()))
            begin = source.tell()
    return found


def lines_before(text: Path, place: int, marks: Sequence[int]) -> int:
    """The number of lines that end before a place in a file.

    Args:
        text: the file.
        place: bytes from its beginning.
        marks: line feeds before stretches of the file; what lies behind the last one is counted.
    """
    marked = min(place // STRETCH, len(marks))
    found, begin, buffer = marks[marked - 1] if marked else 0, marked * STRETCH, bytearray(CHUNK)
    with text.open("rb", buffering=0) as source:
        source.seek(begin)
        while begin < place and (filled := source.readinto(memoryview(buffer)[: place - begin])):
            # Taking them out is quicker than counting them: it leaps from one to the next.
            found += filled - len(buffer[:filled].replace(b"\n", b""))
            begin += filled
    return found


def copy_span(text: Path, begin: int, end: int, target: Path) -> None:
    """Copy a piece of a file, without its bytes passing through this process."""
    with text.open("rb") as source, target.open("wb") as made:
        while begin < end:
            begin += os.sendfile(made.fileno(), source.fileno(), begin, min(end - begin, MOST_SENT))
