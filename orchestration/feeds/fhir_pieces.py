"""The pieces of a FHIR file, read one after the other.

Belongs here: where pieces begin and end, and how many processors read one. Does not belong here: what becomes
of one piece (``fhir_piece.py``), and of the file (``fhir.py``).
"""

import os
from math import ceil
from pathlib import Path
from typing import Final

from orchestration.feeds.fhir_found import Found
from orchestration.feeds.fhir_piece import Piece
from orchestration.feeds.reading import Reading

PIECE: Final = 256 << 20
"""Bytes of a file that are looked at together at the most; memory grows with this and not with the file."""

WORTH_A_PROCESSOR: Final = 16 << 20
"""Bytes of a file for each processor that reads it."""

MOST_SENT: Final = 1 << 30


def read_pieces(
    reading: Reading, text: Path, known: set[str] | None, most: int = PIECE, *, is_careful: bool
) -> Found:
    """Read a file piece by piece, each by all processors that the file may have.

    Args:
        reading: the file.
        text: its lines.
        known: addresses of modifier extensions that change nothing; None where the file mentions none.
        most: bytes of a piece at the most.
        is_careful: whether lines that are no resources are expected.

    Returns:
        What became of the lines, piece by piece in their order.

    Raises:
        duckdb.Error: a line cannot even be passed over.
        RowsLost: lines that are no resources want a second look.
    """
    found, size = Found(), text.stat().st_size
    spans = cuts(text, bytes_of_a_piece(size, most))
    reading.connection.execute(f"SET threads = {min(reading.processors, size // WORTH_A_PROCESSOR) or 1}")
    try:
        for number, span in enumerate(spans):
            part = text
            if len(spans) > 1:
                part = reading.work / f"piece{number}"
                copy_span(text, *span, part)
            piece = Piece(reading, part, f"piece{number}", found.lines, is_whole=len(spans) == 1)
            found.add(piece.read(known, is_careful=is_careful))
            if part != text:
                part.unlink()
    finally:
        reading.connection.execute("SET threads = 1")
    return found


def bytes_of_a_piece(size: int, most: int) -> int:
    """How large the pieces of a file are.

    Args:
        size: bytes of the file.
        most: bytes of a piece at the most.
    """
    return max(ceil(size / max(ceil(size / most), 1)), 1)


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


def copy_span(text: Path, begin: int, end: int, target: Path) -> None:
    """Copy a piece of a file, without its bytes passing through this process."""
    with text.open("rb") as source, target.open("wb") as made:
        while begin < end:
            begin += os.sendfile(made.fileno(), source.fileno(), begin, min(end - begin, MOST_SENT))
