"""Engines that files share while they are read side by side.

Belongs here: who waits for which engines, and in which order. Does not belong here: how an engine is set up
(``lake.py``), and which file may have how many (``workers.py``).
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Condition

import duckdb


class Engines:
    """A few engines; whoever asks first is served first, with all that were asked for."""

    def __init__(self, connections: Sequence[duckdb.DuckDBPyConnection]) -> None:
        """Take the engines.

        Args:
            connections: one to each.
        """
        self._idle = list(connections)
        self._waiting: deque[object] = deque()
        self._changed = Condition()

    @property
    def waiting(self) -> int:
        """How many wait for engines."""
        return len(self._waiting)

    @contextmanager
    def taken(self, number: int) -> Iterator[list[duckdb.DuckDBPyConnection]]:
        """Some engines that nobody else uses meanwhile.

        Args:
            number: how many, not more than there are.
        """
        connections = self._take(number)
        try:
            yield connections
        finally:
            with self._changed:
                self._idle += connections
                self._changed.notify_all()

    def _take(self, number: int) -> list[duckdb.DuckDBPyConnection]:
        place = object()
        with self._changed:
            self._waiting.append(place)
            self._changed.wait_for(lambda: self._waiting[0] is place and len(self._idle) >= number)
            self._waiting.popleft()
            self._changed.notify_all()
            return [self._idle.pop() for _ in range(number)]
