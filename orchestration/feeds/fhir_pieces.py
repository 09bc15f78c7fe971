"""The pieces of a FHIR file, a few of them read side by side.

Belongs here: where pieces begin and end, which connection reads which, and how many lines come before each.
Does not belong here: what becomes of one piece (``fhir_piece.py``), and of the file (``fhir.py``).
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from math import ceil
from pathlib import Path
from queue import SimpleQueue
from threading import Semaphore
from typing import Final

import duckdb

from orchestration.feeds.fhir_found import Found
from orchestration.feeds.fhir_piece import Piece
from orchestration.feeds.reading import Reading

PIECE: Final = 256 << 20
"""Bytes of a file that are looked at together at the most; memory grows with this and not with the file."""

WORTH_A_PROCESSOR: Final = 16 << 20
"""Bytes of the smallest piece that a file is cut into only because a processor is free."""

MOST_SENT: Final = 1 << 30

Connect = Callable[[], duckdb.DuckDBPyConnection]


class Pieces:
    """One file that is read piece by piece.

    Pieces that are read side by side are counted from their own first line. Each waits for the number of
    those before it, which is known as soon as they are read, and only then settles what becomes of its own.
    """

    def __init__(self, reading: Reading, text: Path, turns: Semaphore, most: int) -> None:
        """Cut the file.

        Args:
            reading: the file.
            text: its lines.
            turns: held while a piece is in memory, whichever file it is of.
            most: bytes of a piece at the most.
        """
        self._reading = reading
        self._text = text
        self._turns = turns
        self._spans = cuts(text, bytes_of_a_piece(text.stat().st_size, reading.processors, most))
        self._side_by_side = min(reading.processors, len(self._spans))
        self._idle: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()

    def read(self, known: set[str] | None, connect: Connect, *, is_careful: bool) -> Found:
        """Read all pieces.

        Args:
            known: addresses of modifier extensions that change nothing; None where the file mentions none.
            connect: gives another connection to the file's engine.
            is_careful: whether lines that are no resources are expected.

        Returns:
            What became of the lines, piece by piece in their order.

        Raises:
            duckdb.Error: a line cannot even be passed over.
            RowsLost: lines that are no resources want a second look.
        """
        found, running = Found(), deque[Future[Found]]()
        lines: Future[int] = Future()
        lines.set_result(0)
        with ExitStack() as stack:
            self._idle.put(self._reading.connection)
            for _ in range(1, self._side_by_side):
                self._idle.put(stack.enter_context(closing(connect())))
            pool = stack.enter_context(ThreadPoolExecutor(self._side_by_side))
            for number in range(len(self._spans)):
                if len(running) == self._side_by_side:
                    found.add(running.popleft().result())
                before, lines = lines, Future()
                self._turns.acquire()
                running.append(pool.submit(self._read, number, known, before, lines, is_careful=is_careful))
            for piece in running:
                found.add(piece.result())
        return found

    def _read(
        self,
        number: int,
        known: set[str] | None,
        before: Future[int],
        through: Future[int],
        *,
        is_careful: bool,
    ) -> Found:
        """What becomes of one piece; ``through`` gets how many lines there are until its end."""
        connection = self._idle.get()
        part = self._text
        try:
            if len(self._spans) > 1:
                part = self._reading.work / f"piece{number}"
                copy_span(self._text, *self._spans[number], part)
            piece = Piece(self._reading, connection, part, f"piece{number}", is_whole=len(self._spans) == 1)
            piece.read(known, is_careful=is_careful)
            through.set_result(before.result() + piece.found.lines)
            piece.settle(before.result())
            return piece.found
        finally:
            through.cancel()
            if part != self._text:
                part.unlink(missing_ok=True)
            self._idle.put(connection)
            self._turns.release()


def bytes_of_a_piece(size: int, processors: int, most: int) -> int:
    """How large the pieces of a file are, so that no processor waits long for another.

    Args:
        size: bytes of the file.
        processors: how many may read it.
        most: bytes of a piece at the most.
    """
    pieces = max(ceil(size / most), min(processors, size // WORTH_A_PROCESSOR), 1)
    if pieces > 1:
        pieces = ceil(pieces / processors) * processors
    return max(ceil(size / pieces), 1)


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
