"""Wall time and memory of a command with all its children, and of the stretches of time that it says it had.

Belongs here: starting, sampling ``/proc`` and the clock. Does not belong here: what is started.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import time
from typing import Final

_SAMPLE_SECONDS: Final = 0.2
_MIB: Final = 1024 * 1024
_PROC: Final = Path("/proc")


class CommandError(Exception):
    """A measured command failed; the message has the end of what it wrote."""


@dataclass(frozen=True)
class Stretch:
    """A named stretch of a command's time.

    Attributes:
        name: what went on.
        seconds: how long.
        peak_mib: the most memory that the process tree held at once in it.
    """

    name: str
    seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Measured:
    """One command, measured from its start to its end.

    Attributes:
        begun_at: seconds since 1970.
        ended_at: the same.
        samples: moments with the memory of the process tree in MiB.
        highest_mib: the most that any one process held, as the kernel counts it.
    """

    begun_at: float
    ended_at: float
    samples: tuple[tuple[float, float], ...]
    highest_mib: float

    @property
    def seconds(self) -> float:
        """Wall time."""
        return self.ended_at - self.begun_at

    @property
    def peak_mib(self) -> float:
        """The most memory that the process tree held at once, as far as samples can tell."""
        return max([self.highest_mib, *(mib for _, mib in self.samples)])

    def stretches(self, named: Sequence[tuple[str, float, float]]) -> tuple[Stretch, ...]:
        """Return the stretches that a command named, in their order, and what it spent around them."""
        first = min((begun for _, begun, _ in named), default=self.ended_at)
        last = max((until for *_, until in named), default=self.ended_at)
        between = (last - first) - sum(until - begun for _, begun, until in named)
        return (
            Stretch("start", first - self.begun_at, self._peak(self.begun_at, first)),
            *(Stretch(name, until - begun, self._peak(begun, until)) for name, begun, until in named),
            Stretch("between stages", max(between, 0.0), self._peak(first, last)),
            Stretch("end", self.ended_at - last, self._peak(last, self.ended_at)),
        )

    def _peak(self, begun: float, until: float) -> float:
        return max((mib for moment, mib in self.samples if begun <= moment <= until), default=0.0)


def measure(command: Sequence[str], *, environment: Mapping[str, str], folder: Path) -> Measured:
    """Run a command to its end.

    Args:
        command: what to start.
        environment: its environment.
        folder: its working folder.

    Raises:
        CommandError: it ended with another code than 0.
    """
    samples: list[tuple[float, float]] = []
    is_over = Event()
    begun = time()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def sample() -> None:
        while not is_over.wait(_SAMPLE_SECONDS):
            samples.append((time(), tree_mib(process.pid)))

    sampler = Thread(target=sample, name="memory", daemon=True)
    sampler.start()
    written = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    ended = time()
    is_over.set()
    sampler.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise CommandError(f"{' '.join(command)} ended with {process.returncode}:\n{written[-2000:]}")
    return Measured(begun, ended, tuple(samples), usage.ru_maxrss / 1024)


def tree_mib(root: int) -> float:
    """Return the resident memory of a process and all its descendants, in MiB."""
    parents: dict[int, int] = {}
    resident: dict[int, int] = {}
    for place in _PROC.glob("[0-9]*"):
        try:
            after_name = (
                (place / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            )
        except OSError:
            continue  # ended between the listing and the reading
        parents[int(place.name)] = int(after_name[1])
        resident[int(place.name)] = int(after_name[21]) * os.sysconf("SC_PAGE_SIZE")
    family = {root}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in family} - family
        family |= more
        grown = bool(more)
    return sum(resident.get(pid, 0) for pid in family) / _MIB
