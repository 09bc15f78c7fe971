"""What was measured, as plain values that can be kept and shown again.

Belongs here: the shape of the figures and their file. Does not belong here: how they are got (``runner``) or
shown (``table``).
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import Measured, Stretch


@dataclass(frozen=True)
class Run:
    """One command.

    Attributes:
        seconds: wall time.
        cpu_seconds: processor time.
        peak_mib: most memory of its process tree.
        stretches: its parts, in order.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float
    stretches: tuple[Stretch, ...]

    @classmethod
    def of(cls, measured: Measured, named: list[tuple[str, float, float]]) -> "Run":
        """Return what was measured with the parts that the command named."""
        return cls(measured.seconds, measured.cpu_seconds, measured.peak_mib, measured.stretches(named))


@dataclass(frozen=True)
class Figures:
    """One size of clinic.

    Attributes:
        patients: panel patients.
        landed_rows: rows of the landed files up to the full build.
        landed_mb: size of those files.
        night_rows: rows of the next day's files.
        spine: the plain script as far as the ledger, the months and the candidates.
        floor: the plain script to all marts that it makes.
        full: the first night in an empty home.
        empty: the same night again, nothing new delivered.
        night: the next day's night.
    """

    patients: int
    landed_rows: int
    landed_mb: float
    night_rows: int
    spine: Run
    floor: Run
    full: Run
    empty: Run
    night: Run


@dataclass(frozen=True)
class Report:
    """All sizes of one machine.

    Attributes:
        machine: cores and memory.
        smallest: a full build of next to nothing.
        sizes: the figures, smallest clinic first.
    """

    machine: str
    smallest: Run
    sizes: tuple[Figures, ...]

    def write(self, path: Path) -> None:
        """Keep the report as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def read_report(path: Path) -> Report:
    """Read a report that ``Report.write`` kept, without the sizes of which a run was not measured then."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    runs = ("spine", "floor", "full", "empty", "night")
    sizes = tuple(
        Figures(**{**size, **{name: _run(size[name]) for name in runs}})
        for size in kept["sizes"]
        if size.keys() >= set(runs)
    )
    return Report(kept["machine"], _run(kept["smallest"]), sizes)


def _run(kept: dict[str, Any]) -> Run:
    stretches = tuple(Stretch(**stretch) for stretch in kept["stretches"])
    return Run(kept["seconds"], kept["cpu_seconds"], kept["peak_mib"], stretches)
