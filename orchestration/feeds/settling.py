"""Finished tables on their way to their places, while other files are read.

Belongs here: waiting for the disk beside whoever made a table. Does not belong here: where tables go
(``lake.py``), and when the registry names them (``upkeep.py``).
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from orchestration.feeds.lake import Lake, put_under_name, sync_folder

Place = Callable[[Path, Path], None]
"""What puts a finished file under its final name, now or a little later."""

AT_ONCE: Final = 8
"""Files that wait for the disk side by side."""


class Settling:
    """Files that are put under their final names by other threads; all are there at the end of the block."""

    def __init__(self, lake: Lake) -> None:
        """Wait for nothing yet.

        Args:
            lake: where the files go.
        """
        self._lake = lake
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._numbers = count()
        self._moves: list[tuple[Path, Future[None]]] = []

    def place(self, made: Path, final: Path) -> None:
        """Take a finished file out of its folder at once, and put it under its final name.

        Args:
            made: the file.
            final: where it goes.
        """
        held = self._lake.work / f"settling{next(self._numbers)}"
        made.replace(held)
        self._moves.append((final.parent, self._pool.submit(put_under_name, held, final)))

    def __enter__(self) -> Self:
        """Take files."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for all files, and tell of what kept one from its place."""
        self._pool.shutdown(cancel_futures=error is not None)
        if error is None:
            for _, move in self._moves:
                move.result()
            for folder in sorted({folder for folder, _ in self._moves}):
                sync_folder(folder)
