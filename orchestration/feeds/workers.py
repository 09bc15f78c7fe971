"""Processes that read pieces of large files side by side.

Belongs here: starting them once they are needed, a bounded number of pieces at a time, their results in the
order of the file, and their end; how many processors a file gets. Does not belong here: what is read.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from threading import Lock, Thread
from typing import TypeVar

from orchestration.feeds.failures import EngineFailed

Piece = TypeVar("Piece")
Result = TypeVar("Result")


class Workers:
    """Processes that files share; none is started before the first piece.

    Python alone computes on one core at a time, however many threads there are.
    """

    def __init__(self, count: int) -> None:
        """Keep how many there may be.

        Args:
            count: processes; below two everything is done where it is asked for.
        """
        self.count = count
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None

    def map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """The results of all pieces in their order, a few of them worked out ahead.

        Args:
            work: a function of a module; it runs in another process where there are two pieces or more.
            pieces: what it is given; each can be pickled, and so can its result.

        Raises:
            EngineFailed: a process ended without a result.
        """
        waiting = deque(pieces)
        if self.count < 2 or len(waiting) < 2:
            yield from map(work, waiting)
            return
        pool = self._started()
        ahead: deque[Future[Result]] = deque()
        try:
            while waiting or ahead:
                while waiting and len(ahead) < 2 * self.count:
                    ahead.append(pool.submit(work, waiting.popleft()))
                yield ahead.popleft().result()
        except BrokenProcessPool:
            self.close()
            raise EngineFailed(
                "a process that reads messages was ended; free some memory and run again"
            ) from None
        finally:
            for future in ahead:
                future.cancel()

    def _started(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(self.count, context, initializer=_end_with_parent)
            return self._pool

    def close(self) -> None:
        """End the processes that were started."""
        with self._lock:
            if self._pool is not None:
                self._pool.shutdown(cancel_futures=True)
                self._pool = None


def shares(sizes: Sequence[int], most: Sequence[int], processors: int) -> list[int]:
    """How many processors read each of some files, which are begun in their order.

    One each, and of the file that would end last so many more that all are read the sooner for it.

    Args:
        sizes: bytes of the files.
        most: how many processors can read each.
        processors: how many there are.
    """
    found = [1] * len(sizes)
    ends = _ends(sizes, found, processors)
    while ends:
        last = ends.index(max(ends))
        if found[last] >= min(most[last], processors):
            break
        tried = [*found[:last], found[last] + 1, *found[last + 1 :]]
        sooner = _ends(sizes, tried, processors)
        if max(sooner) >= max(ends):
            break
        found, ends = tried, sooner
    return found


def _ends(sizes: Sequence[int], shared: Sequence[int], processors: int) -> list[float]:
    """When each file ends, if files begin in their order, and with each all of its processors together."""
    free, begin, found = [0.0] * processors, 0.0, []
    for size, number in zip(sizes, shared, strict=True):
        free.sort()
        begin = max(begin, free[number - 1])
        found.append(begin + size / number)
        free[:number] = [found[-1]] * number
    return found


def _end_with_parent() -> None:
    """Have this process end when the one that started it is gone, in whatever way that went."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    Thread(target=wait, name="parent", daemon=True).start()
