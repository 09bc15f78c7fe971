"""Reading HL7 v2 SIU: the library, our parser in memory, and the product from the landing to the raw lake.

Each is a process of its own. The library ``hl7`` parts messages on one core. The parser parts them and reads
the fields that the feed needs into columns, in memory, on all cores; nothing is written. The product is
ingestion as the night calls it. Parser and product take turns over the same file, and of each the fastest run
counts: a share of two runs is only as good as the quieter half of it.

Belongs here: what is run, and its figures. Does not belong here: the messages (``messages``), the clock
(``measure``).
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from benchmarks.fhir import DELIVERED_ON
from benchmarks.measure import ROUNDS, Measured, Runs, measure
from benchmarks.messages import write_messages
from benchmarks.table import markdown, memory, seconds
from orchestration.feeds.hl7v2 import STRETCH
from orchestration.feeds.hl7v2_stretch import Counts, Stretch, columns_of
from orchestration.feeds.ingest import SEEDS
from orchestration.feeds.workers import Workers
from orchestration.settings import PROJECT_ROOT, Settings

SHARE_FOR_LIBRARY: Final = 50
"""The library reads this part of the file; it is slower by so much."""

TARGET: Final = 0.8
Say = Callable[[str], None]


@dataclass(frozen=True)
class Figures:
    """One reader over one file.

    Attributes:
        name: of the reader.
        messages: how many it read.
        megabytes: size of the file.
        runs: the processes.
    """

    name: str
    messages: int
    megabytes: float
    runs: Runs

    @property
    def speed(self) -> float:
        """Messages a second of wall time."""
        return self.messages / self.runs.seconds

    @property
    def cpu_speed(self) -> float:
        """Messages a second of processor time: what one core does."""
        return self.messages / self.runs.cpu_seconds


def measure_siu(workdir: Path, megabytes: float, say: Say) -> str:
    """Measure the readers and return the table.

    Args:
        workdir: gets the files, one at a time.
        megabytes: size of the file; another is a fifth of it, to show what memory depends on.
        say: gets what was found as soon as it is known.

    Raises:
        CommandError: a run failed.
    """
    found = _measured(workdir, megabytes / SHARE_FOR_LIBRARY, {"`hl7`, one core": ("library",)}, say)
    found += _measured(workdir, megabytes / 5, {"Product": ("product",)}, say)
    readers = {"Parser in memory": ("parser",), "Product": ("product",)}
    return render(found + _measured(workdir, megabytes, readers, say, ROUNDS))


def _measured(
    workdir: Path, megabytes: float, readers: Mapping[str, tuple[str, ...]], say: Say, rounds: int = 1
) -> list[Figures]:
    home = workdir / "siu"
    shutil.rmtree(home, ignore_errors=True)
    folder = home / "landing" / "hl7v2" / DELIVERED_ON.isoformat()
    folder.mkdir(parents=True)
    path = folder / "messages.hl7"
    messages = write_messages(path, megabytes)
    size = path.stat().st_size / 1e6
    runs: dict[str, list[Measured]] = {name: [] for name in readers}
    for name, arguments in [*readers.items()] * rounds:
        is_product = arguments == ("product",)
        if is_product:
            for made in ("lake", "quarantine"):
                shutil.rmtree(home / made, ignore_errors=True)
        command = ["benchmarks.fhir", str(home)] if is_product else ["benchmarks.siu", *arguments, str(path)]
        run = measure([sys.executable, "-m", *command], environment=os.environ, folder=PROJECT_ROOT)
        runs[name].append(run)
        figures = Figures(name, messages, size, Runs((run,)))
        say(
            f"{name}: {messages:,} messages, {size:,.0f} MB, {figures.speed:,.0f} a second, "
            f"{figures.cpu_speed:,.0f} a second of one core, {memory(run.peak_mib)}"
        )
    shutil.rmtree(home)
    return [Figures(name, messages, size, Runs(tuple(listed))) for name, listed in runs.items()]


def render(found: Sequence[Figures]) -> str:
    """Return the table of the readers, the parser and the product over the same file last."""
    header = ["HL7 v2 SIU", "Messages", "Size", "Wall", "Processor", "Messages a second"]
    header += ["Messages a second of one core", "Memory"]
    body = [
        [
            figures.name,
            f"{figures.messages:,}",
            f"{figures.megabytes:,.0f} MB",
            seconds(figures.runs.seconds),
            seconds(figures.runs.cpu_seconds),
            f"{figures.speed:,.0f}",
            f"{figures.cpu_speed:,.0f}",
            memory(figures.runs.peak_mib),
        ]
        for figures in found
    ]
    parser, product = found[-2:]
    shares = [f"{product.speed / parser.speed:.0%}", f"{product.cpu_speed / parser.cpu_speed:.0%}"]
    target = f"at least {TARGET:.0%}"
    body.append(["Product / parser", "", "", "", "", *shares, ""])
    body.append(["Target", "", "", "", "", target, target, "under 2 GB"])
    return markdown(header, body)


def read_by_library(path: Path) -> int:
    """Part all messages of a file with ``hl7`` and return how many there were."""
    import hl7

    texts = path.read_bytes().decode("ascii").replace("\x0b", "").split("\x1c\r")
    return sum(1 for text in texts if text and hl7.parse(text))


def parse_stretch(stretch: Stretch) -> int:
    """Read a stretch into columns that are dropped again, and return its number of messages."""
    counts = Counts()
    for batch in columns_of(stretch, counts):
        batch.validate()
    return counts.messages


def parse(path: Path, day: date) -> int:
    """Read a file into columns on all cores and return its number of messages."""
    size = path.stat().st_size
    stretches = [
        Stretch(path, begin, begin + STRETCH, SEEDS, day, Path(os.devnull))
        for begin in range(0, size, STRETCH)
    ]
    workers = Workers(Settings(landing=path.parent, home=path.parent).threads)
    try:
        return sum(workers.map(parse_stretch, stretches))
    finally:
        workers.close()


def main(reader: str, path: str) -> None:
    """Run one reader."""
    read = read_by_library(Path(path)) if reader == "library" else parse(Path(path), DELIVERED_ON)
    sys.stdout.write(f"{read}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
