"""Wall time and memory of a command with all its children, and of the stretches of time that it says it had.

Belongs here: starting, sampling ``/proc`` and the clock. Does not belong here: what is started.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from time import time
from typing import Final

ROUNDS: Final = 3
"""So often those that are compared take turns over the same file."""

_SAMPLE_SECONDS: Final = 0.2
_MIB: Final = 1024 * 1024
_PROC: Final = Path("/proc")


class CommandError(Exception):
    """A measured command failed; the message has the end of what it wrote."""


@dataclass(frozen=True)
class Sample:
    """A look at a process tree.

    Attributes:
        at: seconds since 1970.
        mib: resident memory.
        cpu_seconds: processor time that it has used so far.
    """

    at: float
    mib: float
    cpu_seconds: float


@dataclass(frozen=True)
class Stretch:
    """A named stretch of a command's time.

    Attributes:
        name: what went on.
        seconds: how long.
        cpu_seconds: processor time of the process tree in it, as far as samples can tell.
        peak_mib: the most memory that the process tree held at once in it.
    """

    name: str
    seconds: float
    cpu_seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Measured:
    """One command, measured from its start to its end.

    Attributes:
        begun_at: seconds since 1970.
        ended_at: the same.
        samples: looks at its process tree, in order.
        cpu_seconds: processor time, as the kernel counts it.
        highest_mib: the most that any one process held, as the kernel counts it.
    """

    begun_at: float
    ended_at: float
    samples: tuple[Sample, ...]
    cpu_seconds: float
    highest_mib: float

    @property
    def seconds(self) -> float:
        """Wall time."""
        return self.ended_at - self.begun_at

    @property
    def peak_mib(self) -> float:
        """The most memory that the process tree held at once, as far as samples can tell."""
        return max([self.highest_mib, *(sample.mib for sample in self.samples)])

    def stretches(self, named: Sequence[tuple[str, float, float]]) -> tuple[Stretch, ...]:
        """Return the stretches that a command named, in their order, and what it spent around them."""
        parts = [self._stretch(*part) for part in named]
        first = min((begun for _, begun, _ in named), default=self.ended_at)
        last = max((until for *_, until in named), default=self.ended_at)
        whole = self._stretch("between stages", first, last)
        between = Stretch(
            whole.name,
            max(whole.seconds - sum(part.seconds for part in parts), 0.0),
            max(whole.cpu_seconds - sum(part.cpu_seconds for part in parts), 0.0),
            whole.peak_mib,
        )
        before = self._stretch("start", self.begun_at, first)
        return (before, *parts, between, self._stretch("end", last, self.ended_at))

    def _stretch(self, name: str, begun: float, until: float) -> Stretch:
        peak = max((sample.mib for sample in self.samples if begun <= sample.at <= until), default=0.0)
        return Stretch(name, until - begun, self._cpu_until(until) - self._cpu_until(begun), peak)

    def _cpu_until(self, moment: float) -> float:
        """Return the processor time used until a moment, between two samples by its share of their time."""
        begin, end = Sample(self.begun_at, 0.0, 0.0), Sample(self.ended_at, 0.0, self.cpu_seconds)
        for before, after in pairwise([begin, *self.samples, end]):
            if before.at <= moment < after.at:
                share = (moment - before.at) / (after.at - before.at)
                return before.cpu_seconds + share * (after.cpu_seconds - before.cpu_seconds)
        return self.cpu_seconds


@dataclass(frozen=True)
class Runs:
    """One command, run several times: a run that waited for other programs says less than one that did not.

    Attributes:
        each: the runs, one after the other.
    """

    each: tuple[Measured, ...]

    @property
    def seconds(self) -> float:
        """Wall time of the run that took least of it."""
        return min(run.seconds for run in self.each)

    @property
    def cpu_seconds(self) -> float:
        """Processor time of the run that took least of it."""
        return min(run.cpu_seconds for run in self.each)

    @property
    def peak_mib(self) -> float:
        """The most memory of any run."""
        return max(run.peak_mib for run in self.each)


def measure(command: Sequence[str], *, environment: Mapping[str, str], folder: Path) -> Measured:
    """Run a command to its end.

    Args:
        command: what to start.
        environment: its environment.
        folder: its working folder.

    Raises:
        CommandError: it ended with another code than 0.
    """
    samples: list[Sample] = []
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
            samples.append(look_at(process.pid))

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
    return Measured(begun, ended, tuple(samples), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def look_at(root: int) -> Sample:
    """Look at a process and all its descendants."""
    parents: dict[int, int] = {}
    resident: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for place in _PROC.glob("[0-9]*"):
        try:
            # The name stands in brackets and may hold anything; numbers of proc(5) from the third on follow.
            stat = (place / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # ended between the listing and the reading
        pid = int(place.name)
        parents[pid] = int(stat[1])
        ticks[pid] = sum(int(number) for number in stat[11:15])
        resident[pid] = int(stat[21]) * os.sysconf("SC_PAGE_SIZE")
    family = {root}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return Sample(
        time(),
        sum(resident.get(pid, 0) for pid in family) / _MIB,
        sum(ticks.get(pid, 0) for pid in family) / os.sysconf("SC_CLK_TCK"),
    )
