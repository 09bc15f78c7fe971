"""The sample clinics that are measured, written once and kept until the generator changes.

Belongs here: which clinics, and their place. Does not belong here: how a clinic is drawn.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from orchestration.sample import clinic

AS_OF: Final = date(2026, 6, 16)
"""A Tuesday: the clinic works on the day after, and the month is open."""

SEED: Final = 1


@dataclass(frozen=True)
class Clinic:
    """A clinic's landing: its history up to ``AS_OF``, and one day more.

    Attributes:
        landing: the landing folder.
        patients: panel patients.
    """

    landing: Path
    patients: int

    @property
    def next_day(self) -> date:
        """The business date of the night after the full build."""
        return AS_OF + timedelta(days=1)

    def rows(self, *, of_next_day: bool) -> int:
        """Return how many rows landed until ``AS_OF``, or on the day after."""
        return sum(_lines(path) - 1 for path in self._files(of_next_day=of_next_day))

    @property
    def megabytes(self) -> float:
        """The size of what landed until ``AS_OF``."""
        return sum(path.stat().st_size for path in self._files(of_next_day=False)) / 1e6

    def _files(self, *, of_next_day: bool) -> list[Path]:
        folder = self.next_day.isoformat()
        return [
            path for path in self.landing.glob("*/*/*.csv") if (path.parent.name == folder) == of_next_day
        ]


def written(workdir: Path, patients: int, months: int) -> Clinic:
    """Return the clinic of a size, writing it where the folder has none of this generator."""
    name = f"landing-{patients}-patients-{months}-months-{_generator()}"
    landing = workdir / name
    done = workdir / f"{name}.done"
    if not done.exists():
        clinic.write_sample(landing, patients=patients, months=months, seed=SEED, as_of=AS_OF, messy=False)
        clinic.write_night(landing, patients=patients, months=months, seed=SEED, as_of=AS_OF)
        done.touch()
    return Clinic(landing, patients)


def _generator() -> str:
    """Return a name of the generator as it is now."""
    modules = sorted(Path(clinic.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(module.read_bytes() for module in modules)).hexdigest()[:8]


def _lines(path: Path) -> int:
    with path.open("rb") as handle:
        return sum(block.count(b"\n") for block in iter(lambda: handle.read(1 << 20), b""))
